package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// Level says which kind of node a path names.
type Level int

// The levels, from the organization down. Their numbers are those of the
// scripts' answers.
const (
	Organization Level = 1 + iota
	Project
	Group
	User
)

// String returns "organization", "project", "group" or "user".
func (l Level) String() string {
	switch l {
	case Organization:
		return "organization"
	case Project:
		return "project"
	case Group:
		return "group"
	case User:
		return "user"
	}
	return fmt.Sprintf("level %d", int(l))
}

// ErrPath is wrapped by every error of ParsePath.
var ErrPath = errors.New("not a budget path of one to four DNS labels such as acme.chat.engineers.alice")

const maxLabel = 63

// Path names a budget node: one to four DNS labels, the organization first,
// such as "acme.chat.engineers.alice". A Path made by ParsePath is valid; the
// methods of a Path that was converted from an unchecked string do not fail, but
// Ledger refuses it.
type Path string

// ParsePath checks that s is a path of one to four DNS labels (lower case
// letters, digits and inner hyphens, at most 63 each).
func ParsePath(s string) (Path, error) {
	level, start := 1, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			continue
		}
		if level > int(User) || !isLabel(s[start:i]) {
			return "", fmt.Errorf("%q: %w", s, ErrPath)
		}
		level, start = level+1, i+1
	}
	return Path(s), nil
}

func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Level returns the level of the node that p names.
func (p Path) Level() Level {
	return Level(1 + strings.Count(string(p), "."))
}

// Organization returns the first label.
func (p Path) Organization() string {
	org, _, _ := strings.Cut(string(p), ".")
	return org
}

// Parent returns the node above p, or "" for an organization.
func (p Path) Parent() Path {
	i := strings.LastIndexByte(string(p), '.')
	if i < 0 {
		return ""
	}
	return p[:i]
}

// Name returns the last label: "alice" of acme.chat.engineers.alice.
func (p Path) Name() string {
	return string(p[strings.LastIndexByte(string(p), '.')+1:])
}

// ancestors returns the four nodes of a user's path, the organization first.
func (p Path) ancestors() [4]Path {
	var nodes [4]Path
	for i := int(User) - 1; i >= 0; i-- {
		nodes[i] = p
		p = p.Parent()
	}
	return nodes
}
