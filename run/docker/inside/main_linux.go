package inside

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run/internal/command"
)

// Main is the main function of a container's first process; args are what
// follows the words given to docker.New. It answers the process's exit status:
// the program's own, or 128 and the number of the signal that ended it.
func Main(args []string) int {
	switch {
	case os.Getpid() != 1:
		complain("this is the first process of containers, started by the server only")
		return 2
	case len(args) == 1 && args[0] == Run:
		return hold()
	case len(args) > 3 && args[0] == GiveBack:
		uid, err1 := strconv.Atoi(args[1])
		gid, err2 := strconv.Atoi(args[2])
		if err1 != nil || err2 != nil {
			break
		}
		for _, dir := range args[3:] {
			giveBack(dir, Owner{uid, gid}, nil)
		}
		return 0
	}
	complain("unknown request ", args)
	return 2
}

// complain goes to the container's own output, which the engine keeps.
func complain(words ...any) { fmt.Fprintln(os.Stderr, words...) }

// hold runs the plan from the start to the record of its end.
func hold() int {
	marker, err := os.OpenFile(filepath.Join(Shared, StartedFile), os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil { // somebody started the container anew, which is not for us to do
		complain("not again:", err)
		return command.NotStarted
	}
	marker.Close()
	h := &holder{signals: catch(), over: make(chan struct{})} // as the first process we would die of them in our own way
	data, err := os.ReadFile(filepath.Join(Shared, PlanFile))
	if err == nil {
		err = json.Unmarshal(data, &h.plan)
	}
	if err == nil {
		err = os.Remove(filepath.Join(Shared, PlanFile))
	}
	if err == nil { // nobody but us shall read our memory
		err = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	if err != nil {
		complain("cannot read the plan:", err)
		return command.NotStarted
	}
	exit := h.hold()
	if o := h.plan.Owner; o != nil {
		giveBack(OptML, *o, h.plan.Foreign)
		giveBack(Shared, *o, nil)
	}
	if err := record(Record{h.plan.Secret, exit}, h.plan.Owner); err != nil {
		complain("cannot record the end:", err)
		return command.NotStarted
	}
	if exit.Signal != "" {
		return 128 + int(unix.SignalNum(exit.Signal))
	}
	return exit.Code & 0xff
}

// record writes the end down, durably and at once.
func record(r Record, owner *Owner) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(Shared, ExitFile)
	for _, old := range []string{path, path + ".tmp"} { // of the program, which is dead
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if owner != nil {
		if err := f.Chown(owner.UID, owner.GID); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	dir, err := os.Open(Shared)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
