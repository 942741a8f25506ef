// The app around the screens, and the core in it, built by cargo-ndk for every processor.
plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
    alias(libs.plugins.kotlin.compose)
}

val workspace = rootProject.projectDir.parentFile
val libraries = layout.buildDirectory.dir("core")

android {
    namespace = "se.kapprum.app"
    compileSdk = 36
    ndkVersion = "28.2.13676358" // pages of 16 KB
    defaultConfig {
        applicationId = "se.kapprum.app"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
    }
    androidResources { localeFilters += listOf("sv", "en", "ar") }
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "keep.pro")
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    sourceSets["main"].apply {
        kotlin.srcDirs("src/main/kotlin", rootProject.file("generated/app"))
        res.srcDirs("src/main/res", rootProject.file("generated/res"))
        jniLibs.srcDirs(libraries)
    }
}

kotlin { jvmToolchain(17) }

dependencies {
    implementation(project(":ui"))
    implementation(libs.activity.compose)
}

val bindings by tasks.registering(Exec::class) {
    description = "Writes the Kotlin bindings, the design and the resources."
    workingDir = workspace
    commandLine("cargo", "xtask", "bindings")
}

val core by tasks.registering(Exec::class) {
    description = "Builds libkapprum.so for each processor."
    workingDir = workspace
    commandLine(
        "cargo", "ndk", "--platform", "26", "-t", "arm64-v8a", "-t", "armeabi-v7a", "-t", "x86_64",
        "-o", libraries.get().asFile.path, "build", "--profile", "mobile", "-p", "kapprum-bindings",
        "--features", "kapprum-client/vendored-openssl",
    )
    // As `cargo xtask size` measures it: C built small, each function apart so that what nobody calls is dropped.
    environment("CFLAGS", "-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables")
}

tasks.named("preBuild") { dependsOn(bindings, core) }
