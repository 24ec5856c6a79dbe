package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

var scope = aws.Scope{Account: harness.Account, Region: harness.Region}

// memory is the graph in memory: entities 1 … n, the hub n+1, and one entity
// behind it that has a type of its own, n+2.
type memory struct {
	n, hub   int
	up, down [][]int32
}

// random makes a graph of entities that lead to others each.
func random(o options) *memory {
	g := &memory{n: o.edges / o.fan, hub: o.hub}
	g.up, g.down = make([][]int32, g.n+3), make([][]int32, g.n+3)
	r := rand.New(rand.NewPCG(1, 2))
	for from := 1; from <= g.n; from++ {
		used := map[int]bool{from: true}
		for len(used) <= o.fan {
			if to := 1 + r.IntN(g.n); !used[to] {
				used[to] = true
				g.add(from, to)
			}
		}
	}
	for i := range o.hub {
		g.add(g.n+1, int(g.leaf(i)))
	}
	g.add(g.n+2, g.n+1)
	return g
}

func (g *memory) add(from, to int) {
	g.down[from] = append(g.down[from], int32(to))
	g.up[to] = append(g.up[to], int32(from))
}

// leaf is an entity that the hub leads to.
func (g *memory) leaf(i int) int64 { return int64(1 + i*(g.n/g.hub)) }

// search is a plain breadth-first search: the first page of entities, or of all
// that are visited the one behind the hub.
func (g *memory) search(start int64, d sagemaker.Direction, all bool) []int32 {
	const page = 50
	seen := make([]bool, g.n+3)
	seen[start] = true
	queue := []int32{int32(start)}
	for at, depth, end := 0, 0, 1; at < len(queue) && depth < 10; at++ {
		if at == end {
			depth, end = depth+1, len(queue)
		}
		for i, side := range [][]int32{g.up[queue[at]], g.down[queue[at]]} {
			if i == 0 && d == sagemaker.DirectionDescendants || i == 1 && d == sagemaker.DirectionAscendants {
				continue
			}
			for _, next := range side {
				if !seen[next] {
					seen[next] = true
					if queue = append(queue, next); !all && len(queue) == page {
						return queue
					}
				}
			}
		}
	}
	if all {
		return queue[len(queue)-1:]
	}
	return queue
}

func arn(id int64) string { return aws.SageMakerARN(scope, "artifact", fmt.Sprint(id)) }

// rows is how many rows an INSERT takes at once.
const rows = 1000

// fill stores the graph; the numbers of its entities are ours.
func fill(ctx context.Context, db *store.DB, g *memory) error {
	var group int64
	err := db.Update(ctx, func(tx *store.Tx) error {
		return tx.QueryRow("INSERT INTO lineage_group (account, region, created_at) VALUES ($1, $2, $3) RETURNING id", scope.Account, scope.Region, store.Micros(tx.Now)).Scan(&group)
	})
	if err != nil {
		return err
	}
	vertices := make([]string, 0, rows)
	flush := func(into string, values *[]string) error {
		if len(*values) == 0 {
			return nil
		}
		err := db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(into + " VALUES " + strings.Join(*values, ","))
			return err
		})
		*values = (*values)[:0]
		return err
	}
	kinds := []lineage.Kind{lineage.Artifact, lineage.TrialComponent, lineage.Action, lineage.Context}
	types := []string{lineage.TypeDataSet, lineage.TypeTrainingJob, lineage.TypeApproval, lineage.TypeEndpoint}
	const intoVertices = "INSERT INTO lineage_vertex (id, grp, kind, type, created_at, modified_at, name, arn, properties, manual)"
	for id := 1; id <= g.n+2; id++ {
		typ := types[id%4]
		if id == g.n+2 {
			typ = "Beacon"
		}
		vertices = append(vertices, fmt.Sprintf("(%d,%d,'%s','%s',1,1,'','%s','',false)", id, group, kinds[id%4], typ, arn(int64(id))))
		if len(vertices) == rows || id == g.n+2 {
			if err := flush(intoVertices, &vertices); err != nil {
				return err
			}
		}
	}
	edges := make([]string, 0, rows)
	const intoEdges = "INSERT INTO lineage_association (source, destination, grp, type, created_at, created_by, manual)"
	for from := range g.down {
		for _, to := range g.down[from] {
			edges = append(edges, fmt.Sprintf("(%d,%d,%d,'ContributedTo',1,'',false)", from, to, group))
			if len(edges) == rows {
				if err := flush(intoEdges, &edges); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(intoEdges, &edges); err != nil {
		return err
	}
	return nil
}

// vacuum does what the autovacuum of a PostgreSQL does within a minute or two of
// so many rows: statistics for the planner, and pages known to be visible to all,
// without which reading an index alone is not possible.
func vacuum(ctx context.Context, url string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, "VACUUM (ANALYZE) lineage_vertex, lineage_association")
	return errors.Join(err, pool.Close())
}
