package price

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// digest is the SHA-256 of the entries, one line for each, the lines sorted.
// Names are quoted, so no two different tables give the same text.
func digest(entries []Entry) string {
	lines := make([]string, 0, len(entries))
	for i := range entries {
		lines = append(lines, entries[i].line())
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (e *Entry) line() string {
	var b strings.Builder
	b.WriteString(strconv.Quote(e.Provider))
	b.WriteByte(' ')
	b.WriteString(strconv.Quote(e.Model))
	from := e.From.UTC()
	if from.IsZero() {
		b.WriteString(" always")
	} else {
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(from.Unix(), 10))
		b.WriteByte('.')
		b.WriteString(strconv.Itoa(from.Nanosecond()))
	}
	b.WriteByte(' ')
	b.WriteString(strconv.Quote(string(cmp.Or(e.Mode, Chat))))
	writeRates(&b, e.Rates)
	if e.PerRequest != nil {
		b.WriteString(" perRequest=")
		b.WriteString(strconv.FormatInt(int64(*e.PerRequest), 10))
	}
	if e.PerRequestOnly {
		b.WriteString(" only")
	}
	tiers := slices.Clone(e.Tiers)
	slices.SortStableFunc(tiers, func(x, y Tier) int { return cmp.Compare(x.Above, y.Above) })
	for _, t := range tiers {
		b.WriteString(" >")
		b.WriteString(strconv.FormatInt(t.Above, 10))
		writeRates(&b, t.Rates)
	}
	if e.implausible() != "" {
		b.WriteString(" implausible")
	}
	if e.Bad != "" {
		b.WriteString(" bad=")
		b.WriteString(strconv.Quote(e.Bad))
	}
	return b.String()
}

func writeRates(b *strings.Builder, r Rates) {
	for _, k := range Kinds() {
		if v, ok := r[k]; ok {
			b.WriteByte(' ')
			b.WriteString(k.String())
			b.WriteByte('=')
			b.WriteString(strconv.FormatInt(int64(v), 10))
		}
	}
}
