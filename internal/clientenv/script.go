package clientenv

import (
	"fmt"
	"strings"
)

// Shells are the shells that Script knows.
var Shells = [...]string{"sh", "fish", "powershell"}

// Script is what a shell has to evaluate to make the changes; "sh" is good for
// every POSIX shell.
func Script(shell string, changes []Change) (string, error) {
	var out strings.Builder
	for _, c := range changes {
		switch {
		case shell == "sh" && c.Unset:
			fmt.Fprintf(&out, "unset %s\n", c.Name)
		case shell == "sh":
			fmt.Fprintf(&out, "export %s='%s'\n", c.Name, strings.ReplaceAll(c.Value, "'", `'\''`))
		case shell == "fish" && c.Unset:
			fmt.Fprintf(&out, "set -e %s;\n", c.Name)
		case shell == "fish":
			fmt.Fprintf(&out, "set -gx %s '%s';\n", c.Name, strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(c.Value))
		case shell == "powershell" && c.Unset:
			fmt.Fprintf(&out, "Remove-Item Env:%s -ErrorAction SilentlyContinue\n", c.Name)
		case shell == "powershell":
			fmt.Fprintf(&out, "$Env:%s = '%s'\n", c.Name, strings.ReplaceAll(c.Value, "'", "''"))
		default:
			return "", fmt.Errorf("unknown shell %q: it takes %s", shell, strings.Join(Shells[:], ", "))
		}
	}
	return out.String(), nil
}
