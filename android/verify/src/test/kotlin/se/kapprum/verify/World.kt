package se.kapprum.verify

import java.io.BufferedReader
import java.io.BufferedWriter
import java.io.File
import kotlin.test.assertTrue

/** A town with its server in a process of its own: a morning at the department Blåklinten, five to eight. It answers each line it is told. */
class World(vararg arguments: String) : AutoCloseable {
    private val process = ProcessBuilder(listOf(File(library, "kapprum-world").path) + arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val input: BufferedWriter = process.outputStream.bufferedWriter()
    private val output: BufferedReader = process.inputStream.bufferedReader()
    val server: String

    init {
        val first = output.readLine() ?: error("the world did not start: ${library.path}/kapprum-world")
        server = field("server", first)
    }

    /** A fresh link for [who]; each is good for one sign-in. */
    fun invite(who: String): String = field("invite", tell("invite $who"))

    fun offline() { tell("offline") }

    fun online() { tell("online") }

    /** Sets the town's clock, "2026-11-25T07:55". */
    fun day(at: String) { tell("day $at") }

    private fun tell(line: String): String {
        input.write(line + "\n")
        input.flush()
        val answer = output.readLine() ?: error("the world ended at '$line'")
        assertTrue("error" !in answer, "$line: $answer")
        return answer
    }

    private fun field(name: String, json: String): String =
        Regex("\"$name\":\"([^\"]*)\"").find(json)?.groupValues?.get(1) ?: error("no $name in $json")

    override fun close() {
        input.close()
        process.waitFor()
    }

    companion object {
        val library: File = File(System.getProperty("kapprum.library"))
    }
}
