package se.kapprum.verify

import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals

class StoryTest {
    private val world = World("--pupils", "60")

    @AfterTest
    fun end() = world.close()

    @Test
    fun explore() = story {
        val anna = phone()
        anna.open()
        anna.screen.settle()
        println("SIGNIN " + anna.screen.words())
        anna.screen.type(world.invite("anna"), "Länk från inbjudan")
        anna.screen.tap("Fortsätt")
        anna.screen.see("Ebba")
        anna.screen.settle()
        println("HOME " + anna.screen.words())
        anna.screen.tap("Ebba")
        anna.screen.until("day") { anna.screen.words().any { "Tillbaka" in it } && anna.screen.sees("Ändra") }
        println("DAY " + anna.screen.words())
        val maja = phone(wall)
        maja.signIn(world.invite("maja"))
        maja.screen.see("Ebba")
        println("GROUP " + maja.screen.words())
        val board = phone(wall)
        board.signIn(world.invite("board"))
        board.screen.see("Ebba")
        println("BOARD " + board.screen.words())
        world.offline()
        anna.back()
        anna.screen.tap("Kommer inte, Ebba")
        anna.screen.settle()
        println("REPORT " + anna.screen.words())
    }
}
