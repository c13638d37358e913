package warn

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apiserver/pkg/warning"
)

// MaxLength is the most characters of a warning.
const MaxLength = 256

// Add puts the text into a Warning header of the answer to ctx's request; kubectl
// prints it in yellow. An empty text adds nothing, the same text twice adds one.
func Add(ctx context.Context, text string) {
	if text = Sanitize(text); text != "" {
		warning.AddWarning(ctx, "", text)
	}
}

// Sanitize returns the text as printable UTF-8 on one line, at most MaxLength
// characters long, an ellipsis at the end of what was cut included.
func Sanitize(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= MaxLength {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:MaxLength-1]), " ") + "…"
}
