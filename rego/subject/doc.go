// Package subject says whose object a request is about and who is asking: the
// subject organization, by whose scope the policies judge, and the requester's
// standing towards it. It is called for each review before the policies run,
// which see it as input.subject.
package subject
