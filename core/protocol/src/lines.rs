//! From the bytes of a compressed answer to its lines, as they arrive and within limits.

use std::io::{self, Write};

use zstd::stream::write::{Decoder, Encoder};

use crate::Malformed;
use crate::limits::{LINE_BYTES, WINDOW_LOG};

/// How much of a compressed stream is taken at once: what it may expand to stays within a line.
const PIECE: usize = 1024;

/// Takes pieces of a compressed stream and hands out whole lines.
pub struct Lines {
    decoder: Decoder<'static, Plain>,
}

impl Lines {
    /// A decoder at the start of a stream.
    pub fn new() -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(Plain(Vec::new())).map_err(|_| Malformed("stream"))?;
        decoder.window_log_max(WINDOW_LOG).map_err(|_| Malformed("stream"))?;
        Ok(Self { decoder })
    }

    /// Takes the next piece and visits each line that is complete with it. Memory stays within two lines, whatever the
    /// stream expands to; stops at the first line that `visit` does not like.
    pub fn feed<E: From<Malformed>>(
        &mut self,
        bytes: &[u8],
        mut visit: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        for piece in bytes.chunks(PIECE) {
            self.decoder.write_all(piece).and_then(|()| self.decoder.flush()).map_err(|_| Malformed("stream"))?;
            let Plain(plain) = self.decoder.get_mut();
            let Some(last) = plain.iter().rposition(|byte| *byte == b'\n') else { continue };
            let rest = plain.split_off(last + 1);
            let whole = std::mem::replace(plain, rest);
            for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                visit(std::str::from_utf8(line).map_err(|_| Malformed("line: not UTF-8"))?)?;
            }
        }
        Ok(())
    }
}

/// What is unpacked and not handed out yet; refuses to grow beyond a line.
struct Plain(Vec<u8>);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LINE_BYTES {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses an answer piece by piece, each whole on the wire as soon as it is there (zstd level 1, see the research
/// on sync). One window over all pieces.
pub struct Compressor {
    encoder: Encoder<'static, Vec<u8>>,
}

impl Compressor {
    /// A compressor at the start of a stream.
    pub fn new() -> io::Result<Self> {
        Ok(Self { encoder: Encoder::new(Vec::new(), 1)? })
    }

    /// The bytes that carry this piece.
    pub fn piece(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.encoder.write_all(plain)?;
        self.encoder.flush()?;
        Ok(std::mem::take(self.encoder.get_mut()))
    }

    /// The bytes that end the stream, with a last piece.
    pub fn last(mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.encoder.write_all(plain)?;
        self.encoder.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines_of(pieces: &[&[u8]]) -> Result<Vec<String>, Malformed> {
        let mut lines = Lines::new()?;
        let mut found = Vec::new();
        for piece in pieces {
            lines.feed(piece, |line| {
                found.push(line.to_owned());
                Ok::<(), Malformed>(())
            })?;
        }
        Ok(found)
    }

    #[test]
    fn a_line_is_there_as_soon_as_its_piece_is() {
        let mut compressor = Compressor::new().unwrap();
        let first = compressor.piece(b"one\ntw").unwrap();
        let second = compressor.last(b"o\nthree\n").unwrap();
        assert_eq!(lines_of(&[&first]), Ok(vec!["one".to_owned()]));
        let bytewise: Vec<&[u8]> = first.chunks(1).chain(second.chunks(1)).collect();
        assert_eq!(lines_of(&bytewise), Ok(vec!["one".into(), "two".into(), "three".into()]));
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_memory() {
        let bomb = Compressor::new().unwrap().last(&vec![b'0'; 64 << 20]).unwrap();
        assert!(bomb.len() < 16 << 10);
        assert_eq!(lines_of(&[&bomb]), Err(Malformed("stream")));
    }

    proptest! {
        #[test]
        fn broken_streams_and_lines_are_errors_and_never_panics(
            mut bytes in Just(Compressor::new().unwrap().last(br#"{"applied":{"cursor":"x"}}
[1,"absence","00000000-0000-0000-0000-000000000007",3,4,{"a":1}]
{"sum":[1,2,3]}
"#).unwrap()),
            at in 0usize..80, with in any::<u8>(), cut in 0usize..90,
        ) {
            let length = bytes.len();
            bytes[at % length] ^= with;
            bytes.truncate(cut);
            let mut lines = Lines::new().unwrap();
            let _ = lines.feed(&bytes, |line| crate::frame::Frame::read(line).map(|_| ()));
        }

        #[test]
        fn any_text_is_a_frame_or_an_error(line in "\\PC{0,80}", json in r#"(\[|\{"(row|gone|sum|snap|end|rights|receipt)":)[\[\]{}":,0-9a-z-]{0,60}"#) {
            let _ = crate::frame::Frame::read(&line);
            let _ = crate::frame::Frame::read(&json);
            let _ = crate::request::Request::read(line.as_bytes());
            let _ = crate::envelope::Envelope::read(&json);
        }
    }
}
