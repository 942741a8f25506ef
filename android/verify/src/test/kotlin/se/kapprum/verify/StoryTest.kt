package se.kapprum.verify

import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import se.kapprum.core.Language
import se.kapprum.ui.Page
import se.kapprum.ui.Place
import se.kapprum.ui.Target

/** The story, tapped: several devices with the real core and one real server, a morning at Blåklinten. */
class StoryTest {
    private val world = World("--pupils", "60")

    @AfterTest
    fun end() = world.close()

    @Test
    fun absenceInTwoTapsWithoutANetwork() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        val maja = phone(wall)
        maja.signIn(world.invite("maja"))
        maja.screen.see("Ebba L")

        world.offline()
        anna.screen.tap("Anmäl att Ebba inte kommer")
        anna.screen.tap("Skicka")
        anna.screen.see("Sparat")
        anna.screen.see("1 väntar")
        anna.screen.see("Borta")
        assertTrue(maja.screen.sees("Ebba L"))
        assertTrue(!maja.screen.sees("Borta"))

        world.online()
        anna.screen.seeNot("1 väntar")
        maja.screen.see("Borta")
        anna.screen.tap("Skickat")
        anna.screen.see("Ebba")
        anna.screen.see("Mottaget")
    }

    @Test
    fun anInvitationTypedWrongUsedOrWithoutANetworkStaysInItsField() = story {
        val link = world.invite("anna")
        val anna = phone()
        anna.open()
        anna.screen.see("Välkommen")
        anna.screen.type("vägen hem", "Länk från inbjudan")
        anna.screen.tap("Fortsätt")
        anna.screen.until("a refusal") { refusals(anna) == 1 }
        assertTrue(anna.screen.sees("vägen hem"))

        world.offline()
        anna.screen.type(link, "Länk från inbjudan")
        anna.screen.tap("Fortsätt")
        anna.screen.see("nät")
        assertTrue(anna.screen.sees(link))
        anna.rotate()
        assertTrue(anna.screen.sees(link) && anna.screen.sees("nät"), anna.screen.words().toString())

        world.online()
        anna.screen.tap("Fortsätt")
        anna.screen.see("Ebba")

        val bo = phone()
        bo.target = Target.Invitation(link)
        bo.open()
        bo.screen.see(link)
        bo.screen.tap("Fortsätt")
        bo.screen.until("a refusal") { refusals(bo) == 1 }
        assertTrue(bo.screen.sees(link))
    }

    /** How many sentences the sign-in screen shows beside its own. */
    private fun refusals(phone: Phone): Int {
        val own = ResourceWords.of(Language.SWEDISH)
        val known = se.kapprum.design.Label.entries.filter { it.values.isEmpty() && "SignInError" !in it.name }.map { own.of(it) }.toSet()
        return phone.screen.words().count { it.isNotEmpty() && it !in known && it.endsWith('.') }
    }

    @Test
    fun whatWasTypedOutlivesRotationAndTheProcess() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        openTheDayForm(anna)
        anna.screen.tap("Andra tider")
        anna.screen.see("Kommer")
        anna.screen.type("0915", "Kommer")
        anna.screen.type("Mormor hämtar", "Till personalen")
        anna.screen.see("Mormor hämtar")
        anna.rotate()
        anna.screen.see("Mormor hämtar")
        assertTrue(anna.screen.sees("0915"))

        // The core has it on disk a moment after the last letter.
        anna.screen.settle()
        anna.die()
        anna.screen.see("Ebba")
        openTheDayForm(anna)
        anna.screen.see("Mormor hämtar")
        anna.screen.see("09:15")
        anna.screen.tap("Spara")
        anna.screen.see("Sparat")
        anna.screen.see("09.15")

        val maja = phone(wall)
        maja.signIn(world.invite("maja"))
        maja.screen.see("Ebba L")
    }

    private suspend fun openTheDayForm(anna: Phone) {
        anna.screen.see("Ebba")
        anna.screen.tap("Ebba")
        anna.screen.see("I morgon")
        anna.screen.tap("I morgon")
        anna.screen.until("tomorrow chosen") { anna.screen.words().count { it == "I morgon" } == 2 }
        anna.screen.tap("Ändra dagen")
        anna.screen.see("Andra tider")
        anna.screen.settle()
    }

    @Test
    fun twoTimesThatAreNoneSayWhyAndAreNotSent() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        openTheDayForm(anna)
        anna.screen.tap("Andra tider")
        anna.screen.type("16:00", "Kommer")
        anna.screen.type("08:00", "Går")
        anna.screen.see("Den andra tiden ska vara senare än den första.")
        anna.screen.type("sju", "Kommer")
        anna.screen.see("Skriv en tid")
        assertTrue(anna.screen.isDisabled("Spara"))
        anna.screen.type("7", "Kommer")
        anna.screen.until("it can be saved") { !anna.screen.isDisabled("Spara") }
    }

    /** Asked without a network, answered days later: the server says no, and the outbox says why. */
    @Test
    fun aRefusalStandsInTheOutboxUntilItIsHidden() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        openTheDayForm(anna)
        world.offline()
        anna.screen.tap("Är ledig")
        anna.screen.tap("Spara")
        anna.screen.see("1 väntar")
        world.day("2026-11-29T12:00")
        world.online()
        anna.screen.tapIfStillThere("Försök igen")
        anna.screen.seeNot("1 väntar")
        anna.screen.tap("Skickat")
        anna.screen.see("Dölj")
        assertTrue(anna.screen.sees("Nekat: Dagen har varit."))
        anna.screen.tap("Dölj")
        anna.screen.seeNot("Dölj")
    }

    @Test
    fun aReportIsTakenBack() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        anna.screen.tap("Anmäl att Ebba inte kommer")
        anna.screen.tap("Skicka")
        anna.screen.see("Borta")
        anna.answered()
        anna.screen.tap("Ångra")
        anna.screen.see("Ångrat")
        anna.screen.seeNot("Borta")
    }

    @Test
    fun theBoardInTheHall() = story {
        val board = phone(wall)
        board.signIn(world.invite("board"))
        board.screen.see("Ebba L")
        assertTrue(board.lit)
        assertTrue(!board.screen.sees("Inställningar"))
        val maja = phone(wall)
        maja.signIn(world.invite("maja"))
        maja.screen.see("Ebba L")

        board.screen.tap("Ebba L")
        board.screen.see("Välkommen, Ebba L!")
        maja.screen.see("3 här")
        board.answered()
        board.screen.tap("Ångra")
        board.screen.seeNot("Välkommen, Ebba L!")
        maja.screen.see("2 här")
    }

    @Test
    fun majaChecksInAndTakesItBack() = story {
        val maja = phone()
        maja.signIn(world.invite("maja"))
        maja.screen.see("Ebba L")
        maja.screen.tap("Kom, Ebba L")
        maja.screen.see("3 här")
        maja.screen.see("Ebba L: Kom")
        maja.answered()
        maja.screen.tap("Ångra")
        maja.screen.see("2 här")
    }

    @Test
    fun onTheDepartmentsTabletOneSaysWhoOneIs() = story {
        val tablet = phone(wall)
        tablet.signIn(world.invite("tablet"))
        tablet.screen.see("Vem är du?")
        tablet.screen.tap("Maja Norberg")
        tablet.screen.see("Ebba L")
        tablet.screen.tap("Kom, Ebba L")
        tablet.screen.see("3 här")
        tablet.rotate()
        assertTrue(tablet.screen.sees("Du är Maja Norberg"), tablet.screen.words().toString())
    }

    @Test
    fun signingOutAsksAboutWhatIsNotSent() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        world.offline()
        anna.screen.tap("Anmäl att Ebba inte kommer")
        anna.screen.tap("Skicka")
        anna.screen.see("1 väntar")
        anna.screen.tap("Inställningar")
        anna.screen.see("Vårdnadshavare")
        anna.screen.tap("Logga ut")
        anna.screen.see("Vill du logga ut?")
        anna.screen.tap("Logga ut")
        anna.screen.see("En sak är inte skickad än")
        anna.screen.tap("Vänta")
        anna.screen.seeNot("En sak är inte skickad än")
        assertTrue(anna.screen.sees("1 väntar"))
        anna.screen.tap("Logga ut")
        anna.screen.see("Vill du logga ut?")
        anna.screen.tap("Logga ut")
        anna.screen.see("Logga ut ändå")
        anna.screen.tap("Logga ut ändå")
        anna.screen.see("Välkommen")
    }

    @Test
    fun aLinkToWhatOneMayNotSeeSaysSoAndLeadsBack() = story {
        val elin = phone()
        elin.signIn(world.invite("elin"))
        elin.screen.see("Elin")
        elin.target = Target.To(Place.Child("7a010000-0000-4000-8000-00000000ffff", null))
        elin.screen.see("Tillbaka")
        elin.screen.see("Det här visas inte för dig.")
        elin.back()
        elin.screen.see("Elin")
    }

    @Test
    fun feedsEndWithTheirScreens() = story {
        val anna = phone()
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        anna.screen.tap("Ebba")
        anna.screen.see("I morgon")
        anna.back()
        anna.screen.tap("Inställningar")
        anna.screen.see("Språk")
        anna.screen.until("only the frame listens") { anna.kapprum.openFeeds() == 1u }
        anna.screen.tap("Licenser")
        assertEquals(listOf(Page.LICENCES), anna.shown)
        anna.screen.tap("العربية")
        anna.screen.until("the core speaks Arabic") { anna.screen.words().none { it == "Hem" } }
    }

    /** A department of many: every child is reached by stroking, and its button works. */
    @Test
    fun fortyMoreChildren() = World("--pupils", "60", "--crowd", "40").use { crowded ->
        story {
            val maja = phone(wall)
            maja.signIn(crowded.invite("maja"))
            maja.screen.see("Alma A")
            maja.screen.scrollTo("Kom, Love L")
            maja.screen.tap("Kom, Love L")
            maja.screen.see("Love L: Kom")
        }
    }

    @Test
    fun aFolderInUseOrUnreadableEndsInAScreenThatSaysWhatToDo() = story {
        val home = folder()
        val anna = phone(home = home)
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        val other = phone(home = home)
        other.open()
        other.screen.see("Kapprum är redan igång")

        val broken = folder()
        withContext(Dispatchers.IO) { home.walk().filter { it.isFile && it.name.endsWith(".lock").not() }.forEach { it.copyTo(broken.resolve(it.relativeTo(home)), true).writeBytes(ByteArray(4096) { 7 }) } }
        val third = phone(home = broken)
        third.open()
        third.screen.see("gick inte att läsa")
        third.screen.tap("Logga in igen")
        assertTrue(third.startedOver)
    }
}
