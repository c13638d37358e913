package v1alpha1

// LabelOrganization on an object in the gateway's namespace names the
// organization that it belongs to. Only the platform sets it; elsewhere an
// object belongs to the owner of its namespace, whatever its labels say.
const LabelOrganization = GroupName + "/organization"
