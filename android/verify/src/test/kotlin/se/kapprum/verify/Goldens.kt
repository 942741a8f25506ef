package se.kapprum.verify

import java.io.File
import kotlin.math.abs
import org.jetbrains.skia.Bitmap
import org.jetbrains.skia.Image

/** Some pictures that people looked at, committed; `-Dkapprum.accept=true` puts today's in their place. */
class Goldens {
    private val folder = File("src/test/goldens")
    private val accept = System.getProperty("kapprum.accept").toBoolean()
    var compared = 0
        private set

    val names = setOf(
        "home-phone", "home-offline-phone-dark", "home-saved-phone", "home-phone-arabic", "home-phone-large-letters", "report-phone", "child-day-phone",
        "change-day-times-phone", "group-tablet", "hall-tapped-tablet-wide", "sign-in-phone-arabic",
    )

    fun holds(exhibit: Exhibit, look: Look) = "${exhibit.name}-${look.name}" in names

    /** What differs, in words; null if nothing or if it is no golden. */
    fun compare(exhibit: Exhibit, look: Look, image: Image): String? {
        if (!holds(exhibit, look)) return null
        compared++
        val name = "${exhibit.name}-${look.name}"
        val file = File(folder, "$name.png")
        if (accept) image.save(file)
        if (!file.exists()) return "$name: no golden; look at the picture and accept it with -Dkapprum.accept=true"
        val share = difference(Image.makeFromEncoded(file.readBytes()), image)
        if (share <= TOLERANCE) return null
        val seen = File("target/differs/$name.png").also(image::save)
        return "$name: ${"%.2f".format(share * 100)} % of it differs from the golden; what was drawn: ${seen.path}"
    }

    /** The share of points that differ visibly. */
    fun difference(one: Image, other: Image): Double {
        if (one.width != other.width || one.height != other.height) return 1.0
        val left = points(one)
        val right = points(other)
        val different = (left.indices step 4).count { at -> (0..2).any { abs((left[at + it].toInt() and 255) - (right[at + it].toInt() and 255)) > 24 } }
        return different / (left.size / 4.0)
    }

    private fun points(image: Image): ByteArray = Bitmap.makeFromImage(image).use { checkNotNull(it.readPixels()) }

    private companion object { const val TOLERANCE = 0.002 }
}
