"""The whole border, from a third language: what Kotlin and Swift rely on, tried without a phone.

    python3 smoke.py WORLD_BINARY FOLDER_OF_THE_BINDINGS

One part runs in a process of its own (`--until-killed LINK HOME`), which is killed without warning.

Every step says what it saw; the first that fails ends it with exit code 1.
"""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

WORLD, BINDINGS = sys.argv[1], sys.argv[2]
sys.path.insert(0, BINDINGS)

import kapprum as k  # noqa: E402  (found in the folder that was given)

PATIENCE = 20  # seconds for what mostly takes a moment


class World:
    """A municipality with its server, in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen([WORLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        told = json.loads(self.process.stdout.readline())
        self.server, self.invites = told["server"], told["invites"]

    def does(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Phone(k.Device):
    def boot_time(self):
        elapsed = int(float(pathlib.Path("/proc/uptime").read_text().split()[0]) * 1000)
        return k.BootTime(boot="this one", elapsed=elapsed)


class BrokenPhone(k.Device):
    def boot_time(self):
        raise RuntimeError("Ebba Lindqvist, 0521-72 10 00")


def said(what, holds):
    print(("ok    " if holds else "FAILED ") + what)
    if not holds:
        sys.exit(1)


async def refuses(what, kind, call, **fields):
    """A call that must end in one kind of error, with a sentence and these fields."""
    try:
        answer = call()
        if asyncio.iscoroutine(answer):
            answer = await answer
    except k.KapprumError as error:
        right = isinstance(error, kind) and error.reason and all(getattr(error, name) == is_ for name, is_ in fields.items())
        said(f"{what}: {type(error).__name__}: {error.reason}", right)
        return
    said(f"{what}: got {answer!r}", False)


async def shows(feed, what, seen):
    """Pulls snapshots until one shows what is looked for."""

    async def pull():
        while True:
            screen = await feed.next()
            if seen(screen):
                return screen

    screen = await asyncio.wait_for(pull(), PATIENCE)
    said(what, True)
    return screen


def line(screen, name):
    return next((child for child in screen[0].children if child.name == name), None)


async def contract(world, home):
    errors = k.KapprumError
    core = k.Kapprum.open(home, k.Language.SWEDISH, Phone())
    await refuses("opened twice", errors.Storage, lambda: k.Kapprum.open(home, k.Language.SWEDISH, Phone()), code=k.StorageCode.IN_USE)
    said("nobody is signed in", core.accounts() == [] and core.profiles() == [])

    for wrong in ["", "hej", "http://kapprum.example.se/#invite=abc", world.server + "/#invite=never"]:
        await refuses(f"the link {wrong[:24]!r}", errors.SignedOut, lambda: core.sign_in(wrong, None))
    core.foreground(True)
    anna = await core.sign_in("  " + world.invites["anna"] + "\n", None)
    await refuses("an invitation used again", errors.SignedOut, lambda: core.sign_in(world.invites["anna"], None))
    said("anna is signed in as a guardian", anna.account.role == k.Role.GUARDIAN and core.profiles() == [anna.profile])

    homes = core.feed(anna.profile, k.Ask.HOME())
    screen = await shows(homes, "home shows both children", lambda screen: isinstance(screen, k.Screen.HOME) and len(screen[0].children) == 2)
    ebba, love = (line(screen, name) for name in ("Ebba", "Love"))
    core.speak(k.Language.ARABIC)
    await shows(homes, "home speaks Arabic", lambda screen: screen[0].title == "الرئيسية")
    core.speak(k.Language.SWEDISH)
    await shows(homes, "and Swedish again", lambda screen: screen[0].title == "Hem")

    said("the network is gone", world.does("offline") == {"done": "offline"})
    days = k.Days(_from="2026-11-26", until="2026-11-26", part=None)
    report = k.Command.REPORT_ABSENCE(child=ebba.child, days=days)
    parts = await core.send(anna.profile, [report], None)
    said("saved without network", len(parts) == 1 and len(parts[0].commands) == 1 and parts[0].reason is None)
    await shows(homes, "home shows it as waiting", lambda screen: line(screen, "Ebba").waiting)
    frames = core.feed(anna.profile, k.Ask.FRAME())
    await shows(frames, "the frame tells of no network and of one that waits", lambda screen: screen[0].notice and screen[0].waiting == "1 väntar")
    await refuses("asked now", errors.Offline, lambda: core.sync(k.Reason.ASKED))
    await refuses("signed out too early", errors.Unsent, lambda: core.sign_out(anna.id, False), count=1)

    past = k.Days(_from="2026-11-01", until="2026-11-01", part=None)
    await refuses("a day that has been", errors.Refused, lambda: core.send(anna.profile, [k.Command.REPORT_ABSENCE(child=love.child, days=past)], None))
    stranger = k.Command.REPORT_ABSENCE(child="7a000000-0000-4000-8000-0000000000ff", days=days)
    await refuses("a child of others", errors.Refused, lambda: core.send(anna.profile, [stranger], None))
    wrong = k.Command.REPORT_ABSENCE(child="no id", days=days)
    await refuses("something that is no id", errors.Closed, lambda: core.send(anna.profile, [wrong], None))
    await refuses("a feed of something that is no id", errors.Closed, lambda: core.feed(anna.profile, k.Ask.CHILD_DAY(child="no id", day=None)))

    day = await core.feed(anna.profile, k.Ask.CHILD_DAY(child=love.child, day=None)).next()
    ask = k.Ask.CHANGE_DAY(child=love.child, placement=day[0].placements[0].placement, day=day[0].day)
    draft = k.Command.CHANGE_DAY(child=love.child, placement=ask.placement, day=ask.day, times=[k.Interval(start="07:30", end="14:00")], comment="Mormor häm")
    await core.keep_draft(anna.profile, ask, draft)
    said("a draft is kept", await core.draft(anna.profile, ask) == draft)

    said("the network is back", world.does("online") == {"done": "online"})
    await asyncio.wait_for(core.sync(k.Reason.ASKED), PATIENCE)
    await shows(homes, "what waited is received", lambda screen: not line(screen, "Ebba").waiting and "Borta" in line(screen, "Ebba").line)
    said("received, it can still be taken back", await core.undo(anna.profile, parts[0].commands[0], None))
    await shows(homes, "and she comes", lambda screen: "Borta" not in line(screen, "Ebba").line)
    said("a second time it can't", not await core.undo(anna.profile, parts[0].commands[0], None))

    waiting = asyncio.ensure_future(homes.next())
    await asyncio.sleep(0)
    waiting.cancel()
    said("a wait that was given up is cancelled", (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is asyncio.CancelledError)
    waiting = asyncio.ensure_future(homes.next())
    await asyncio.sleep(0)
    homes.end()
    ended = await asyncio.wait_for(waiting, PATIENCE)
    # A snapshot may have been on its way; after it there is none.
    said("an ended feed gives none", ended is None or await homes.next() is None)
    frames.end()
    frames.end()

    del day
    # Who signed in later is looked at as well: news comes by itself.
    bo = await core.sign_in(world.invites["bo"], None)
    elsewhere = core.feed(bo.profile, k.Ask.HOME())
    await shows(elsewhere, "bo sees the same children", lambda screen: isinstance(screen, k.Screen.HOME) and len(screen[0].children) == 2)
    await core.send(anna.profile, [report], None)
    await shows(elsewhere, "and what anna reports, unasked", lambda screen: "Borta" in line(screen, "Ebba").line)
    elsewhere.end()
    await core.sign_out(bo.id, True)
    said(f"feeds open: {core.open_feeds()}", core.open_feeds() == 0)
    await core.suspend()
    await refuses("asleep", errors.Closed, lambda: core.send(anna.profile, [report], None))
    await core.resume()
    core.shut_down()
    core.shut_down()
    await refuses("shut down", errors.Closed, core.accounts)
    await refuses("shut down", errors.Closed, lambda: core.send(anna.profile, [report], None))

    core = k.Kapprum.open(home, k.Language.ENGLISH, BrokenPhone())
    said("a phone without its own clock does", len(core.accounts()) == 1)
    # Without that clock nobody knows how long it was away: all is locked, the draft too, until there is contact.
    await core.sync(k.Reason.ASKED)
    said("the draft outlived the core", await core.draft(anna.profile, ask) == draft)
    await core.keep_draft(anna.profile, ask, None)
    said("and is gone when thrown away", await core.draft(anna.profile, ask) is None)
    await core.sign_out(anna.id, True)
    said("signed out, nothing of it is left", core.accounts() == [] and not (pathlib.Path(home) / anna.id).exists())
    core.shut_down()


async def until_killed(link, home):
    """Saves one thing after the other, without network to speak of, and says so, until it is killed."""
    core = k.Kapprum.open(home, k.Language.SWEDISH, Phone())
    anna = await core.sign_in(link, None)
    await core.sync(k.Reason.ASKED)
    homes = core.feed(anna.profile, k.Ask.HOME())
    child = (await homes.next())[0].children[0].child
    print("ready", flush=True)
    sys.stdin.readline()
    for day in range(1, 29):
        days = k.Days(_from=f"2027-02-{day:02}", until=f"2027-02-{day:02}", part=None)
        await core.send(anna.profile, [k.Command.REPORT_ABSENCE(child=child, days=days)], None)
        print(day, flush=True)
    sys.stdin.readline()


async def killed(world, home):
    """What was told to be saved is there after the process was killed in the middle of saving more."""
    command = [sys.executable, __file__, WORLD, BINDINGS, "--until-killed", world.invites["karin"], home]
    dying = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    said("another process signs in", dying.stdout.readline() == "ready\n")
    world.does("offline")
    dying.stdin.write("\n")
    dying.stdin.flush()
    saved = int(next(line for line in dying.stdout if line == "9\n"))
    dying.kill()
    # What was told between the ninth and the end counts as well.
    saved += len(dying.stdout.read().split())
    dying.wait()
    dying.stdin.close()
    dying.stdout.close()
    core = k.Kapprum.open(home, k.Language.SWEDISH, Phone())
    feed = core.feed(core.profiles()[0], k.Ask.OUTBOX())
    waiting = len((await feed.next())[0].lines)
    said(f"killed while saving: {saved} were told to be saved, {waiting} are there", saved <= waiting <= saved + 1)
    world.does("online")
    await core.sync(k.Reason.ASKED)
    lines = (await feed.next())[0].lines
    said("and all of them are received, none twice", len(lines) == waiting and all(line.mark == k.Mark.DONE for line in lines))
    feed.end()
    core.shut_down()


def open_files(home):
    descriptors = pathlib.Path("/proc/self/fd")
    targets = [os.readlink(one) for one in descriptors.iterdir() if one.exists()]
    return [target for target in targets if target.startswith(home) or target.startswith("socket:")]


def main():
    world = World()
    with tempfile.TemporaryDirectory() as home:
        # A runtime opens a pair of sockets for signals once, for as long as the process lives.
        k.Kapprum.open(os.path.join(home, "first"), k.Language.SWEDISH, Phone()).shut_down()
        before = open_files(home)
        asyncio.run(contract(world, os.path.join(home, "own")))
        asyncio.run(killed(world, os.path.join(home, "killed")))
        tasks = [pathlib.Path(task, "comm").read_text().strip() for task in pathlib.Path("/proc/self/task").iterdir()]
        said(f"threads of the core: {tasks.count('kapprum')}", "kapprum" not in tasks and threading.active_count() == 1)
        left = [target for target in open_files(home) if target not in before]
        said(f"files and sockets left open: {left}", not left)
    world.end()
    print("The border holds.")


if sys.argv[3:4] == ["--until-killed"]:
    asyncio.run(until_killed(*sys.argv[4:]))
else:
    main()
