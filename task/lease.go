package task

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// acquire leases up to free tasks of a kind that are due.
func (q *Queue) acquire(tx *store.Tx, kind string, free int) ([]*Task, error) {
	lock := ""
	if tx.Dialect() == "postgres" {
		lock = " FOR UPDATE SKIP LOCKED"
	}
	rows, err := tx.Query(`WITH due AS MATERIALIZED (
			SELECT id FROM task WHERE kind = $1 AND NOT dead AND run_at <= $2 AND lease_until <= $2
			ORDER BY run_at, id LIMIT $3`+lock+`)
		UPDATE task SET leased_by = $4, lease_until = $5 WHERE id IN (SELECT id FROM due)
		RETURNING id, key, payload, attempt, armed, run_at`,
		kind, store.Micros(tx.Now), free, q.holder, store.Micros(tx.Now.Add(q.lease)))
	if err != nil {
		return nil, fmt.Errorf("task: lease %s: %w", kind, err)
	}
	defer rows.Close()
	var tasks []*Task
	for rows.Next() {
		t := &Task{Kind: kind}
		var payload string
		if err := rows.Scan(&t.ID, &t.Key, &payload, &t.Attempt, &t.armed, &t.runAt); err != nil {
			return nil, fmt.Errorf("task: lease %s: %w", kind, err)
		}
		t.Payload = []byte(payload)
		t.Attempt++
		tasks = append(tasks, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("task: lease %s: %w", kind, err)
	}
	return tasks, nil
}

// wait is how long until the earliest task of a kind that nobody runs is due, 0
// if there is none.
func (q *Queue) wait(tx *store.Tx, kind string) (time.Duration, error) {
	rows, err := tx.Query("SELECT run_at FROM task WHERE kind = $1 AND NOT dead AND run_at > $2 ORDER BY run_at LIMIT 1",
		kind, store.Micros(tx.Now))
	if err != nil {
		return 0, fmt.Errorf("task: next %s: %w", kind, err)
	}
	defer rows.Close()
	var at int64
	for rows.Next() {
		if err := rows.Scan(&at); err != nil {
			return 0, fmt.Errorf("task: next %s: %w", kind, err)
		}
	}
	if at == 0 {
		return 0, rows.Err()
	}
	return store.FromMicros(at).Sub(tx.Now), rows.Err()
}

// writeAnswers writes the verdicts of handlers down and answers the kinds that
// have a task which was added again while it ran. Verdicts on tasks that are no
// longer ours change nothing.
func (q *Queue) writeAnswers(tx *store.Tx, answers []answer) (again map[string]bool, err error) {
	again = map[string]bool{}
	var finished []answer
	for _, a := range answers {
		if a.verdict == done {
			finished = append(finished, a)
			continue
		}
		if err := q.writeAnswer(tx, a); err != nil {
			return nil, err
		}
		again[a.task.Kind] = true // whatever the verdict: it may have been armed again
	}
	for chunk := range slices.Chunk(finished, chunkSize) {
		deleted, err := q.deleteDone(tx, chunk)
		if err != nil {
			return nil, err
		}
		for _, a := range chunk {
			if deleted[a.task.ID] {
				continue
			}
			// Armed again, so it is due as Add said; or lost.
			a.verdict = release
			if err := q.writeAnswer(tx, a); err != nil {
				return nil, err
			}
			again[a.task.Kind] = true
		}
	}
	return again, nil
}

// writeAnswer gives a task back with what its run left behind. Whatever the
// verdict, a task that was armed again meanwhile keeps what Add set.
func (q *Queue) writeAnswer(tx *store.Tx, a answer) error {
	attempts := 0
	if a.failed {
		attempts = 1
	}
	at := a.task.runAt
	if a.verdict == retry {
		at = store.Micros(tx.Now.Add(a.after))
	}
	_, err := tx.Exec(`UPDATE task SET leased_by = '', lease_until = 0,
			run_at = CASE WHEN armed = $1 THEN $2 ELSE run_at END,
			attempt = CASE WHEN armed = $1 THEN attempt + $3 ELSE attempt END,
			last_error = CASE WHEN armed = $1 AND $3 > 0 THEN $4 ELSE last_error END,
			dead = (armed = $1 AND $5)
		WHERE id = $6 AND leased_by = $7`,
		a.task.armed, at, attempts, a.message, a.verdict == dead, a.task.ID, q.holder)
	if err != nil {
		return fmt.Errorf("task: give back %s %s: %w", a.task.Kind, a.task.Key, err)
	}
	return nil
}

// chunkSize is how many tasks one statement touches. Shorter lists are padded
// to 1 or chunkSize, so that there are only two statements to prepare.
const chunkSize = 32

// deleteDone deletes the tasks that are still ours and were not armed again.
func (q *Queue) deleteDone(tx *store.Tx, chunk []answer) (map[int64]bool, error) {
	args := []any{q.holder}
	for _, a := range chunk {
		args = append(args, a.task.ID, a.task.armed)
	}
	for len(chunk) > 1 && len(args) < 1+2*chunkSize {
		args = append(args, args[1], args[2])
	}
	ids, err := queryIDs(tx, "DELETE FROM task WHERE leased_by = $1 AND (id, armed) IN (VALUES "+
		placeholders(2, len(args), "(%, %)")+") RETURNING id", args)
	if err != nil {
		return nil, fmt.Errorf("task: delete what is done: %w", err)
	}
	return ids, nil
}

// placeholders are the placeholders from first to last in groups such as
// "(%, %)" with commas between them.
func placeholders(first, last int, group string) string {
	var b strings.Builder
	for n := first; n <= last; {
		if n > first {
			b.WriteString(", ")
		}
		for _, c := range group {
			if c != '%' {
				b.WriteRune(c)
				continue
			}
			b.WriteString("CAST($" + strconv.Itoa(n) + " AS bigint)")
			n++
		}
	}
	return b.String()
}

// queryIDs runs a statement that answers ids.
func queryIDs(tx *store.Tx, query string, args []any) (map[int64]bool, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, rows.Err()
}

// heartbeat renews the leases of all that runs and cancels the handlers whose
// lease is gone.
func (q *Queue) heartbeat(ctx context.Context) error {
	q.mu.Lock()
	ids := make([]int64, 0, len(q.running))
	for id := range q.running {
		ids = append(ids, id)
	}
	q.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	var kept map[int64]bool
	until := time.Now().Add(q.lease)
	err := q.db.UpdateGuarded(ctx, func(tx *store.Tx) error {
		kept = map[int64]bool{}
		for chunk := range slices.Chunk(ids, chunkSize) {
			args := []any{store.Micros(tx.Now.Add(q.lease)), q.holder}
			for _, id := range chunk {
				args = append(args, id)
			}
			for len(chunk) > 1 && len(args) < 2+chunkSize {
				args = append(args, args[2])
			}
			renewed, err := queryIDs(tx, "UPDATE task SET lease_until = $1 WHERE leased_by = $2 AND id IN ("+
				placeholders(3, len(args), "%")+") RETURNING id", args)
			if err != nil {
				return err
			}
			for id := range renewed {
				kept[id] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		r := q.running[id]
		switch {
		case r == nil: // ended meanwhile
		case kept[id]:
			r.expire.Reset(time.Until(until))
		default:
			r.cancel(ErrLeaseLost)
		}
	}
	return nil
}
