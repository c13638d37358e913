package value

import "strings"

// Texts is what stands in at least one of the texts of a document: its strings and
// its keys. A policy that looks for such a thing in every text has nothing to do
// where it stands in none, which nearly all objects are.
type Texts struct {
	// Template: ${ stands in one.
	Template bool
	// Control: a control character, or one that ends a line, stands in one: those
	// below U+0020, U+007F, U+0085, U+2028 and U+2029.
	Control bool
	// Underscore: a key begins with _.
	Underscore bool
}

func (t *Texts) look(text string) {
	t.Template = t.Template || strings.Contains(text, "${")
	t.Control = t.Control || strings.ContainsFunc(text, control)
}

func control(r rune) bool {
	return r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029
}
