package se.kapprum.verify

import kotlin.test.Test
import kotlin.test.assertEquals
import org.junit.jupiter.api.Assumptions.assumeTrue
import se.kapprum.design.Label

/** The screens as people of the sample municipality meet them, drawn from the real core in every look; only when pictures are asked for. */
class TownPicturesTest {
    @Test
    fun theMorningInEveryLook() {
        val pictures = Pictures.wanted
        assumeTrue(pictures != null, "no folder for pictures was given")
        checkNotNull(pictures)
        for (look in looks) World("--pupils", "60", "--crowd", "18").use { world -> story { morning(look, world, pictures) } }
        pictures.index()
        assertEquals(looks, pictures.of("town-hall"))
    }

    private suspend fun Story.morning(look: Look, world: World, pictures: Pictures) {
        val words = ResourceWords.of(look.language)
        suspend fun Phone.keep(name: String) {
            screen.settle()
            pictures.add("town-$name", look, screen.picture())
        }

        val anna = device(look)
        anna.signIn(world.invite("anna"))
        anna.screen.see("Ebba")
        anna.keep("home")
        anna.screen.tap(words.of(Label.ReportAbsenceFor, "Ebba"))
        anna.screen.see(words.of(Label.ReportWholeDay))
        anna.keep("report")
        world.offline()
        anna.screen.tap(words.of(Label.ReportSend))
        anna.screen.see(words.of(Label.Undo))
        anna.keep("home-offline")
        anna.screen.tap("Love")
        anna.screen.see(words.of(Label.Back))
        anna.keep("child-day")
        anna.screen.scrollTo(words.of(Label.DayTitle))
        anna.screen.tap(words.of(Label.DayTitle))
        anna.screen.tap(words.of(Label.DayOtherTimes))
        anna.keep("change-day")
        world.online()

        val maja = device(look)
        maja.signIn(world.invite("maja"))
        maja.screen.see("Alma A")
        maja.keep("group")
        val board = device(look)
        board.signIn(world.invite("board"))
        board.screen.see("Alma A")
        board.keep("hall")
        val elin = device(look)
        elin.signIn(world.invite("elin"))
        elin.screen.see("Elin")
        elin.keep("student")
    }
}
