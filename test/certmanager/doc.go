// Package certmanager tests manifests/overlays/example with a real cert-manager and a real kube-apiserver: what cert-manager's schema
// says of our Issuers and Certificates, that the authorities it makes get into the webhook configurations and APIServices, and that
// `tollgate webhook` and `tollgate apiserver` serve with what it issues.
//
// It has tests only. There is no kubelet, so the test writes the volumes of a Deployment to folders and runs its program with its
// arguments. A Service is a name for localhost, and the ports are those of the programs; nothing else of the manifests is changed.
package certmanager
