// The screens: Compose, the generated bindings and the generated design; nothing of Android itself.
plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
    alias(libs.plugins.kotlin.compose)
}

android {
    namespace = "se.kapprum.ui"
    compileSdk = 36
    defaultConfig { minSdk = 26 }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    sourceSets["main"].kotlin.srcDirs("src/main/kotlin", rootProject.file("generated/kotlin"))
}

kotlin { jvmToolchain(17) }

dependencies {
    api(platform(libs.compose.bom))
    api(libs.compose.foundation)
    api(libs.compose.material3)
    api(libs.coroutines.android)
    implementation("${libs.jna.get()}@aar") // with the native halves that Android loads
}

// `cargo xtask bindings` writes generated/ beside this folder.
tasks.named("preBuild") { dependsOn(":app:bindings") }
