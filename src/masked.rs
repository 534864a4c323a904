//! Standard error without card numbers: whatever is logged goes through here, and so does why a task failed.

use onhand_engine::card_number::mask_bytes;
use std::io::{self, Write};

/// Masks what is written in one piece; the log writes each event as one.
pub(crate) struct Masked<W>(pub(crate) W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(&mask_bytes(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // As a terminal under load: not everything at once.
            let some = bytes.len().min(7);
            self.0.lock().unwrap().extend_from_slice(&bytes[..some]);
            Ok(some)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_is_logged_has_a_card_number() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || Masked(writer.clone())).finish();
        tracing::subscriber::with_default(subscriber, || {
            let owner = "4111-1111-1111-1111";
            tracing::warn!(owner, number = 378_282_246_310_005_u64, "card 5555 5555 5555 4444 was keyed in");
            tracing::error!(error = ?io::Error::other("no 6011000990139424"), "it failed");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("[card number]").count(), 4, "{text}");
        assert!(text.contains("it failed") && text.contains("owner="), "{text}");
        for digits in ["1111", "8222", "5555", "0990"] {
            assert!(!text.contains(digits), "{text}");
        }
    }
}
