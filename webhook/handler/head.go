package handler

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"
)

// head is what stands in a review before its objects. It is read apart, before
// the review has a place; what is judged is the request that is decoded later.
type head struct {
	uid       types.UID
	namespace string
	user      authenticationv1.UserInfo // its name and groups
	// complete is false if the beginning that was looked at ends too early, or is
	// no review's.
	complete bool
}

// headOf reads the head of a body that may be cut or malformed: as far as it can
// be read. Without the uid kube-apiserver does not take the answer for one to its
// question.
func headOf(body []byte) (h head) {
	s := &scanner{data: body[:min(len(body), peeked)]}
	s.members(func(key []byte) bool {
		if string(key) != "request" {
			return true
		}
		h.complete = s.members(func(key []byte) bool { return h.member(s, key) })
		return false
	})
	return h
}

// member takes a member of the request; false when nothing that is looked for
// comes any more.
func (h *head) member(s *scanner, key []byte) bool {
	text := func() string {
		raw, _ := s.text()
		return decoded(raw)
	}
	switch string(key) {
	case "uid":
		h.uid = types.UID(text())
	case "namespace":
		h.namespace = text()
	case "userInfo":
		s.members(func(key []byte) bool {
			switch string(key) {
			case "username":
				h.user.Username = text()
			case "groups":
				h.user.Groups = s.texts()
			}
			return true
		})
	case "object", "oldObject", "options":
		return false
	}
	return true
}
