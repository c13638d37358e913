package tenancy

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

const (
	// maxLabel is the length of the longest DNS label.
	maxLabel = 63
	// escapeMark stands before the two hex digits of an escaped byte.
	escapeMark = "--"
	// longMark stands between the beginning of a long name and its hash. No
	// escaped text holds three hyphens in a row: a hyphen of the source is kept
	// only between two letters or digits.
	longMark = "---"
	// frontMark stands before text that could not begin a label by itself.
	frontMark = "x" + longMark
	// hashLength is how many base32 characters (five bits each) of the SHA-256
	// of a long name are kept.
	hashLength = 8
)

// reservedPrefixes are what no label may begin with: the gateway's tag
// extraction cuts a metric's name at a dot and one of these words.
func reservedPrefixes() [4]string {
	return [4]string{"metric", "consumer", "model", "upstream"}
}

// ValidLabel reports whether s can be one part of a consumer name: a DNS label
// (1 to 63 of a-z, 0-9 and hyphen, no hyphen at either end) that does not begin
// with metric, consumer, model or upstream.
func ValidLabel(s string) bool {
	if s == "" || len(s) > maxLabel || hasReservedPrefix(s) {
		return false
	}
	for i := range len(s) {
		if !alphanumeric(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s[0] != '-' && s[len(s)-1] != '-'
}

// FoldUser returns the name by which a user is one and the same: A to Z become
// a to z. Other letters are not folded, so that no guard in another language
// needs the tables of Unicode to agree.
func FoldUser(name string) string {
	for i := range len(name) {
		if 'A' <= name[i] && name[i] <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// UserLabel returns the label that stands for a user in consumer names and
// ledger paths. The name is folded first (see FoldUser). Then
//
//   - a-z, 0-9 and a hyphen between two of these stay as they are;
//   - every other byte becomes -- and its two hex digits (@ is --40, . is --2e);
//   - x--- goes in front when the result would begin with a hyphen or with
//     metric, consumer, model or upstream;
//   - of a result longer than 63 characters the first 52 are kept (less any
//     hyphens at their end), then --- and the first eight characters of the
//     lower-case base32 of the SHA-256 of the folded name.
//
// So alice is alice, and alice@acme.example is alice--40acme--2eexample. Two
// names that are not equal when folded never have the same label while it fits;
// UserName reads it back. The empty name has the empty label, which is not
// valid; every other name has a valid one.
func UserLabel(name string) string {
	folded := FoldUser(name)
	label := escape(folded)
	if len(label) <= maxLabel {
		return label
	}
	head := strings.TrimRight(label[:maxLabel-len(longMark)-hashLength], "-")
	return head + longMark + hashOf(folded)
}

// UserName returns the folded name of the user whose label this is. A label
// that was shortened is looked up in table (label to name, from the Project's
// listed users and its status), whose entry counts only if it really has that
// label. ok is false for a shortened label that the table does not have, and
// for text that UserLabel returns for no name.
func UserName(label string, table map[string]string) (name string, ok bool) {
	if shortened(label) {
		name, ok := table[label]
		if !ok || UserLabel(name) != label {
			return "", false
		}
		return FoldUser(name), true
	}
	name, ok = unescape(strings.TrimPrefix(label, frontMark))
	if !ok || UserLabel(name) != label {
		return "", false
	}
	return name, true
}

// shortened reports whether a label ends in the hash of a long name. What is
// kept of the name is far longer than the one character of frontMark, so the
// two marks are never taken for each other.
func shortened(label string) bool {
	at := len(label) - hashLength - len(longMark)
	return at >= len(frontMark) && label[at:at+len(longMark)] == longMark
}

func escape(folded string) string {
	plain := true
	for i := range len(folded) {
		if !kept(folded, i) {
			plain = false
			break
		}
	}
	if plain && !hasReservedPrefix(folded) {
		return folded
	}
	b := make([]byte, 0, 2*maxLabel)
	if !alphanumeric(folded[0]) || hasReservedPrefix(folded) {
		b = append(b, frontMark...)
	}
	for i := range len(folded) {
		if kept(folded, i) {
			b = append(b, folded[i])
			continue
		}
		b = append(b, escapeMark...)
		b = hex.AppendEncode(b, []byte{folded[i]})
	}
	return string(b)
}

func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if !strings.HasPrefix(s[i:], escapeMark) {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := i + len(escapeMark) + 2
		if end > len(s) {
			return "", false
		}
		raw, err := hex.DecodeString(s[i+len(escapeMark) : end])
		if err != nil {
			return "", false
		}
		b.WriteByte(raw[0])
		i = end
	}
	return b.String(), b.Len() > 0
}

// kept reports whether the byte at i stands for itself in a label.
func kept(s string, i int) bool {
	if alphanumeric(s[i]) {
		return true
	}
	return s[i] == '-' && i > 0 && i+1 < len(s) && alphanumeric(s[i-1]) && alphanumeric(s[i+1])
}

func hashOf(folded string) string {
	sum := sha256.Sum256([]byte(folded))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:hashLength]
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

func hasReservedPrefix(s string) bool {
	for _, p := range reservedPrefixes() {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
