package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// withOutput gives a command the flag --output.
func (c *cli) withOutput(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVarP(&c.format, "output", "o", "table", "json or table")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if c.format != "json" && c.format != "table" {
			return usage("--output takes json or table, got %q", c.format)
		}
		return nil
	}
	return cmd
}

// print writes value as JSON, or the rows as a table, the first being the head.
func (c *cli) print(value any, rows [][]string) error {
	if c.format == "json" {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(value)
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	lines := strings.Split(text.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	head, rest := lines[0], strings.Join(lines[1:], "\n")
	if isTerminal(c.out) && os.Getenv("NO_COLOR") == "" {
		head = "\x1b[1m" + head + "\x1b[0m"
	}
	_, err := io.WriteString(c.out, head+"\n"+rest)
	return err
}

// isTerminal says whether people read w as it is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// stamp is a time for people.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
