// Package supervise runs child processes for the demo and for tests that need real components: it starts them, waits until they
// are ready, restarts those that die, injects faults (kill, pause, resume) and stops everything in reverse order.
//
// Nothing outlives its starter. Each child has a process group of its own, which is ended with it, and on Linux the kernel kills a
// child whose supervisor dies, even by SIGKILL. Only processes started here are ever signalled, by id.
//
// Called by hack/cluster, hack/demo, and the rigs and benchmarks below test.
package supervise
