package letter

// clock is how an hour is written in each language: with its zone, since who reads it may be in another.
const clock = "15:04 (MST)"
