// Package docker runs programs as containers of a Docker engine on this machine
// (Linux), each from the image that its run.Spec names.
//
// # Who holds a program
//
// No process of the server stands beside a container. The engine holds it, and
// its first process is this binary (package inside), which the runner mounts
// read-only and makes the entry point in front of the image's own: it writes the
// log, holds the wall time and the grace of a stop, and records the end, whether
// or not the server or the engine lives. Therefore the binary must be static
// (CGO_ENABLED=0, as `make build` does); New says so if it is not.
//
// All that the runner knows is in <dir>/<hash of the ID>:
//
//	lock        flocked by whoever starts or removes the program
//	spec.json   the run.Spec
//	secret.json what the container's record of the end must bear
//	begun       the engine was told to start it: from here on, no container and no
//	            record mean that the end is unknown (run.ErrLost)
//	exit.json   the end, where the runner had to find it out itself
//	run/        shared with the container, see inside.Shared
//
// The container's name is derived from the ID and from <dir>/owner, a random
// word, so that Start is idempotent and two servers on one engine do not meet.
// Labels (Label…) say whose a container or network is; Clean removes what nobody
// asks for any more.
//
// # What the program sees
//
// What `docker run` shows it: the image's files, user, working directory and
// environment, with Spec.Env over it and SAGEMAKER_BASE_DIR=/opt/ml; Spec.OptML
// at /opt/ml; Spec.Mounts; Spec.Hostname. Two things differ: the program is not
// process 1 but its child, as with `docker run --init`, and /.sagebrush is there.
// /dev/shm is half the memory, because loaders of training data need it.
//
// # Networks
//
// Without a Network.ID the program is on the machine's own network. With one,
// the job has a bridge network of its own with a subnet out of Config.Subnets;
// host number i has a fixed address in it, and every host's /etc/hosts names all
// of them from the start, so names resolve before their containers run. With
// Config.Spares, the network may have been made before (spare.go): networks.json
// in Config.Dir says which are ready, and which job has which. What
// Network.Reach names is opened by the container's first process on its own
// loopback interface, and led through a socket in run/ to the runner and on to
// that address, and to no other: no port of the machine opens, no firewall is
// changed, and URLs and certificates for 127.0.0.1 stay true. Isolated networks
// are internal ones where not even the machine has an address, and names beyond
// the job's do not resolve.
//
// Process.Dial works on all of these: the first process connects inside the
// container and passes the descriptor through its socket in run/ (SCM_RIGHTS), in
// an answer that is sealed like that to a stop; the kernel says who listens there. No data passes through it, and it
// makes no difference whether the machine could reach the container's address.
//
// # Ownership
//
// Containers mostly run as root. Where the server is not root, the container's
// first process gives everything beneath /opt/ml to the server's user before it
// records the end; if it was killed, Remove lets a helper container of the same
// image do so. An image that names a USER gets the directories beneath /opt/ml
// for the time of its run. Engines that run rootless are refused, user namespaces
// (userns-remap) are switched off for these containers.
package docker
