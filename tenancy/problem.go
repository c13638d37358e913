package tenancy

// Problem is one thing in an object that does not count, for a condition or a
// warning. It never says anything about objects of another organization.
type Problem struct {
	// Field of the object, spec.groups[0].users[3].name for example.
	Field string
	// Message says what is wrong and what to do.
	Message string
}
