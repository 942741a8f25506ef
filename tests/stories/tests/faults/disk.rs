//! Small disks of their own, in memory, mounted where something writes.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk that is mounted at a folder; ends when it is dropped.
pub(crate) struct Disk {
    at: PathBuf,
}

impl Disk {
    /// A disk of so many KiB.
    pub(crate) fn at(folder: &Path, kib: u32) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("size={kib}k"), "kapprum"], folder);
        Self { at: folder.to_owned() }
    }

    fn filler(&self) -> PathBuf {
        self.at.join("others'-data")
    }

    /// Others fill it to the last byte.
    pub(crate) fn fill(&self) {
        let mut file = std::fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        while file.write(&[7; 4096]).is_ok_and(|written| written > 0) {}
    }

    /// Others leave so much.
    pub(crate) fn leave(&self, kib: u64) {
        self.fill();
        let file = std::fs::File::options().append(true).open(self.filler()).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(kib * 1024)).unwrap();
    }

    /// Others are gone.
    pub(crate) fn make_room(&self) {
        let _ = std::fs::remove_file(self.filler());
    }

    /// As it is after an error of the disk, or as it was. Nothing may be open.
    pub(crate) fn read_only(&self, read_only: bool) {
        mount(&["-o", if read_only { "remount,ro" } else { "remount,rw" }], &self.at);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

/// A file that can't be written, whoever asks; ends when it is dropped.
pub(crate) struct ReadOnlyFile {
    path: PathBuf,
}

impl ReadOnlyFile {
    pub(crate) fn at(path: &Path) -> Self {
        mount(&["--bind", path.to_str().unwrap()], path);
        mount(&["-o", "remount,bind,ro"], path);
        Self { path: path.to_owned() }
    }
}

impl Drop for ReadOnlyFile {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn mount(arguments: &[&str], at: &Path) {
    let output = Command::new("mount").args(arguments).arg(at).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Tells that this process was begun where mounting is allowed.
const AGAIN: &str = "KAPPRUM_TESTS_MAY_MOUNT";

/// Runs a test that mounts. Where that is not allowed it runs itself once more in a namespace of its own; where that is
/// not possible either it is skipped, and says so.
pub(crate) fn where_mounting_is_allowed(test: &str, work: impl Future<Output = ()>) {
    if may_mount() {
        return tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
    }
    let mut again = Command::new("unshare");
    again.arg("-rm").arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]).env(AGAIN, "1");
    let possible = std::env::var_os(AGAIN).is_none()
        && Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|output| output.status.success());
    if !possible {
        let line = format!("SKIPPED, NOT TRIED: {test}: neither mounting nor `unshare -rm` is allowed here\n");
        // Past what collects the output of tests.
        return std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    let output = again.arg0("unshare").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    print!("{told}");
    assert!(output.status.success() && told.contains("1 passed"), "{}", String::from_utf8_lossy(&output.stderr));
}

fn may_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let tried = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "kapprum"]).arg(folder.path()).output();
    let mounted = tried.is_ok_and(|output| output.status.success());
    if mounted {
        drop(Disk { at: folder.path().to_owned() });
    }
    mounted
}
