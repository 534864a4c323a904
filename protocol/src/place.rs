//! Where in a file an error is: the line and column of the field that it names.

/// One step of a field's name.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Line and column, from 1, of the value that a field such as `promotions[300].code` names, in JSON text;
/// where the field is missing, of the innermost part around it that is there. Columns count bytes.
#[must_use]
pub fn find(text: &[u8], field: &str) -> (u32, u32) {
    let mut scan = Scan { text, at: 0 };
    scan.blanks();
    let mut found = scan.at;
    for step in steps(field) {
        let is_there = match step {
            Step::Key(key) => scan.key(key),
            Step::Index(index) => scan.index(index),
        };
        if is_there.is_none() {
            break;
        }
        found = scan.at;
    }
    let before = text.get(..found).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn steps(field: &str) -> impl Iterator<Item = Step<'_>> {
    let steps = field.split(['.', '[']).filter(|step| !step.is_empty());
    steps.map(|step| match step.strip_suffix(']').and_then(|index| index.parse().ok()) {
        Some(index) => Step::Index(index),
        None => Step::Key(step),
    })
}

/// A place in JSON text. Every move ends before a value, or nowhere when the text is not as expected.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Past one sign, and the blanks around it.
    fn sign(&mut self, sign: u8) -> Option<()> {
        self.blanks();
        (self.byte()? == sign).then_some(())?;
        self.at += 1;
        self.blanks();
        Some(())
    }

    /// Into an object, before the value of a key.
    fn key(&mut self, key: &str) -> Option<()> {
        self.sign(b'{')?;
        loop {
            let begin = self.at + 1;
            self.string()?;
            let is_meant = self.text.get(begin..self.at - 1)? == key.as_bytes();
            self.sign(b':')?;
            if is_meant {
                return Some(());
            }
            self.skip()?;
            self.sign(b',')?;
        }
    }

    /// Into an array, before one of its values.
    fn index(&mut self, index: usize) -> Option<()> {
        self.sign(b'[')?;
        for _ in 0..index {
            self.skip()?;
            self.sign(b',')?;
        }
        (self.byte()? != b']').then_some(())
    }

    /// Past a string.
    fn string(&mut self) -> Option<()> {
        (self.byte()? == b'"').then_some(())?;
        self.at += 1;
        loop {
            match self.byte()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// Past a value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth == 0 => return None,
                b',' | b':' => self.at += 1,
                byte if byte.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                _ => self.scalar(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Past a number, or a word.
    fn scalar(&mut self) {
        let is_end =
            |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b':' | b'}' | b']' | b'"' | b'{' | b'[');
        while self.byte().is_some_and(|byte| !is_end(byte)) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = r#"{
  "note": "a \"quoted\" , { word",
  "promotions": [
    { "code": "A", "benefit": { "each": { "percent_ppm": 1 } } },
    {
      "code": "B", "list": [[1, -2.5e3], {}, [], null, true],
      "benefit": {
        "each": { "percent_ppm": 2000000 }
      }
    }
  ]
}"#;

    #[test]
    fn a_field_is_found_where_it_stands() {
        let lines: Vec<&str> = TEXT.lines().collect();
        for (field, begins) in [
            ("note", "\"a "),
            ("promotions[0].code", "\"A\""),
            ("promotions[1].code", "\"B\""),
            ("promotions[1].list[0][1]", "-2.5e3"),
            ("promotions[1].list[4]", "true"),
            ("promotions[1].benefit.each.percent_ppm", "2000000"),
            // What is missing is looked for where it should be.
            ("promotions[1].benefit.each.amount", "{ \"percent_ppm\": 2000000"),
            ("promotions[1].list[5]", "[[1, "),
            ("promotions[2].code", "["),
            ("promotions[1].code.deeper", "\"B\""),
            ("", "{"),
            ("nowhere", "{"),
        ] {
            let (line, column) = find(TEXT.as_bytes(), field);
            let rest = &lines[line as usize - 1][column as usize - 1..];
            assert!(rest.starts_with(begins), "{field}: {line}:{column} {rest}");
        }
    }

    #[test]
    fn text_that_is_cut_anywhere_is_only_looked_at() {
        for end in 0..TEXT.len() {
            let (line, column) = find(&TEXT.as_bytes()[..end], "promotions[1].benefit.each.percent_ppm");
            assert!(line >= 1 && column >= 1);
        }
        let deep = "[".repeat(100_000);
        assert_eq!(find(deep.as_bytes(), "[1]"), (1, 1));
    }
}
