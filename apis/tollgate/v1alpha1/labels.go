package v1alpha1

// LabelOrganization on an object in the gateway's namespace names the
// organization that it belongs to. Only the platform sets it; elsewhere an
// object belongs to the owner of its namespace, whatever its labels say.
const LabelOrganization = GroupName + "/organization"

// AnnotationReset on an Organization asks for budget windows to end now, which
// gives those budgets their money again: PATH@START, such as
// acme.chat@2026-11-01T00:00:00Z, with a comma between two. START is the
// budget's status.windowStart. Each text is carried out once; the condition
// Reset says what became of it.
const AnnotationReset = GroupName + "/reset"
