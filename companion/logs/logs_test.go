package logs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/logs"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const group = "/aws/sagemaker/TrainingJobs"

var (
	scope = aws.Scope{Account: "123456789012", Region: "us-east-1"}
	t0    = time.UnixMilli(1_702_600_000_000)
)

// bundle is what a test works with.
type bundle struct {
	*logs.Service
	t       *testing.T
	db      *store.DB
	catalog *logstream.Catalog
	ctx     context.Context
}

func setup(t *testing.T, db *store.DB) *bundle {
	catalog := logstream.NewCatalog(db, t.TempDir())
	return &bundle{logs.New(db, catalog), t, db, catalog, as(scope)}
}

func as(s aws.Scope) context.Context {
	return aws.WithCaller(context.Background(), aws.Caller{Scope: s})
}

// create makes a stream; write appends lines at offsets in milliseconds from t0.
func (b *bundle) create(stream string) (path string) {
	b.t.Helper()
	err := b.db.Update(b.ctx, func(tx *store.Tx) (err error) {
		path, err = b.catalog.Create(tx, scope, group, stream)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *bundle) write(stream string, from int, lines ...string) {
	b.t.Helper()
	w, err := logstream.NewWriter(b.create(stream))
	if err != nil {
		b.t.Fatal(err)
	}
	for i, l := range lines {
		w.WriteLine(t0.Add(time.Duration(from+i)*time.Millisecond), []byte(l))
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) refused(err error, code aws.Code, text string) {
	b.t.Helper()
	if aws.CodeOf(err) != code || !strings.Contains(err.Error(), text) {
		b.t.Errorf("got %v, want %s with %q", err, code, text)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func texts(events []*api.OutputLogEvent) string {
	var out []string
	for _, e := range events {
		out = append(out, *e.Message)
	}
	return strings.Join(out, " ")
}

func names(streams []*api.LogStream) string {
	var out []string
	for _, s := range streams {
		out = append(out, *s.LogStreamName)
	}
	return strings.Join(out, " ")
}

// TestNothingYet: clients.md "Logs protocol" 1: before there is a stream the
// group does not exist.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		_, err := b.DescribeLogStreams(b.ctx, &api.DescribeLogStreamsInput{LogGroupName: aws.Ptr(group)})
		b.refused(err, aws.ResourceNotFoundException, "The specified log group does not exist.")
		_, err = b.FilterLogEvents(b.ctx, &api.FilterLogEventsInput{LogGroupName: aws.Ptr(group)})
		b.refused(err, aws.ResourceNotFoundException, "The specified log group does not exist.")
		get := &api.GetLogEventsInput{LogGroupName: aws.Ptr(group), LogStreamName: aws.Ptr("s")}
		_, err = b.GetLogEvents(b.ctx, get)
		b.refused(err, aws.ResourceNotFoundException, "The specified log group does not exist.")
		groups := must[*api.DescribeLogGroupsOutput](t)(b.DescribeLogGroups(b.ctx, &api.DescribeLogGroupsInput{}))
		if groups.LogGroups == nil || len(groups.LogGroups) != 0 || groups.NextToken != nil {
			t.Errorf("%+v", groups)
		}
		b.create("other")
		_, err = b.GetLogEvents(b.ctx, get)
		b.refused(err, aws.ResourceNotFoundException, "The specified log stream does not exist.")
		_, err = b.FilterLogEvents(b.ctx, &api.FilterLogEventsInput{LogGroupName: aws.Ptr(group), LogStreamNames: []string{"s"}})
		b.refused(err, aws.ResourceNotFoundException, "The specified log stream does not exist.")
		_, err = b.DescribeLogStreams(b.ctx, &api.DescribeLogStreamsInput{})
		b.refused(err, aws.InvalidParameterException, "logGroupName")
	})
}

// TestDescribeLogStreams: clients.md "Logs protocol" 2: a nextToken only when
// more streams exist; 4: a stream without events is listed.
//
// covers: logs.DescribeLogStreams
func TestDescribeLogStreams(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		for _, s := range []string{"b/algo-2", "b/algo-1", "a/algo-1", "b_", "b", "b0", "b/ü\U0010FFFF"} {
			b.create(s)
		}
		b.create("b") // again
		b.write("b/algo-1", 10, "x", "y")
		b.write("a/algo-1", 5, "x")
		list := func(in api.DescribeLogStreamsInput) *api.DescribeLogStreamsOutput {
			in.LogGroupName = aws.Ptr(group)
			return must[*api.DescribeLogStreamsOutput](t)(b.DescribeLogStreams(b.ctx, &in))
		}
		out := list(api.DescribeLogStreamsInput{LogStreamNamePrefix: aws.Ptr("b/"), Limit: aws.Ptr(int32(3))})
		if names(out.LogStreams) != "b/algo-1 b/algo-2 b/ü\U0010FFFF" || out.NextToken != nil {
			t.Errorf("prefix: %s, %v", names(out.LogStreams), out.NextToken)
		}
		if s := out.LogStreams[0]; *s.FirstEventTimestamp != t0.UnixMilli()+10 || *s.LastEventTimestamp != t0.UnixMilli()+11 ||
			*s.Arn != "arn:aws:logs:us-east-1:123456789012:log-group:"+group+":log-stream:b/algo-1" {
			t.Errorf("%+v", s)
		}
		if s := out.LogStreams[1]; s.LastEventTimestamp != nil || *s.CreationTime == 0 {
			t.Errorf("%+v", s)
		}
		for _, order := range []api.OrderBy{api.OrderByLogStreamName, api.OrderByLastEventTime} {
			var all []string
			for token, pages := (*string)(nil), 0; pages == 0 || token != nil; pages++ {
				page := list(api.DescribeLogStreamsInput{OrderBy: order, Descending: aws.Ptr(true), Limit: aws.Ptr(int32(2)), NextToken: token})
				all, token = append(all, strings.Fields(names(page.LogStreams))...), page.NextToken
			}
			if len(all) != 7 || order == api.OrderByLogStreamName && !slices.IsSortedFunc(all, func(a, c string) int { return strings.Compare(c, a) }) ||
				order == api.OrderByLastEventTime && !slices.Equal(all[5:], []string{"b/algo-1", "a/algo-1"}) {
				t.Errorf("%s: %q", order, all)
			}
		}
		_, err := b.DescribeLogStreams(b.ctx, &api.DescribeLogStreamsInput{LogGroupName: aws.Ptr(group), OrderBy: api.OrderByLastEventTime, LogStreamNamePrefix: aws.Ptr("b")})
		b.refused(err, aws.InvalidParameterException, "LastEventTime")
		_, err = b.DescribeLogStreams(b.ctx, &api.DescribeLogStreamsInput{LogGroupName: aws.Ptr(group), NextToken: aws.Ptr("rubbish")})
		b.refused(err, aws.InvalidParameterException, "nextToken is invalid")
	})
}

// covers: logs.DescribeLogGroups
func TestDescribeLogGroups(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		err := db.Update(b.ctx, func(tx *store.Tx) error {
			for _, g := range []string{"/aws/sagemaker/b", "/aws/sagemaker/a", "/aws/sagemaker/Endpoints/x"} {
				for _, s := range []string{"1", "2"} {
					if _, err := b.catalog.Create(tx, scope, g, s); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		first := must[*api.DescribeLogGroupsOutput](t)(b.DescribeLogGroups(b.ctx, &api.DescribeLogGroupsInput{LogGroupNamePrefix: aws.Ptr("/aws/sage"), Limit: aws.Ptr(int32(2))}))
		if len(first.LogGroups) != 2 || *first.LogGroups[0].LogGroupName != "/aws/sagemaker/Endpoints/x" || first.NextToken == nil ||
			*first.LogGroups[1].Arn != "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/a:*" {
			t.Fatalf("%+v", first)
		}
		rest := must[*api.DescribeLogGroupsOutput](t)(b.DescribeLogGroups(b.ctx, &api.DescribeLogGroupsInput{NextToken: first.NextToken}))
		if len(rest.LogGroups) != 1 || rest.NextToken != nil {
			t.Errorf("%+v", rest)
		}
		found := must[*api.DescribeLogGroupsOutput](t)(b.DescribeLogGroups(b.ctx, &api.DescribeLogGroupsInput{LogGroupNamePattern: aws.Ptr("Endp")}))
		if len(found.LogGroups) != 1 {
			t.Errorf("%+v", found)
		}
	})
}

// TestScopesAreApart: another account or region sees nothing, also not by ARN.
func TestScopesAreApart(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.write("s", 0, "secret")
	for _, other := range []aws.Scope{{Account: "210987654321", Region: scope.Region}, {Account: scope.Account, Region: "eu-west-1"}} {
		for _, id := range []string{group, "arn:aws:logs:us-east-1:123456789012:log-group:" + group} {
			_, err := b.GetLogEvents(as(other), &api.GetLogEventsInput{LogGroupIdentifier: aws.Ptr(id), LogStreamName: aws.Ptr("s")})
			b.refused(err, aws.ResourceNotFoundException, "group")
		}
	}
}

// TestGetLogEvents: clients.md "Logs protocol" 3 and 5.
//
// covers: logs.GetLogEvents
func TestGetLogEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.write("s", 0, "a", "b", "c", "d", "e")
	get := func(in api.GetLogEventsInput) *api.GetLogEventsOutput {
		t.Helper()
		in.LogGroupName, in.LogStreamName = aws.Ptr(group), aws.Ptr("s")
		out := must[*api.GetLogEventsOutput](t)(b.GetLogEvents(b.ctx, &in))
		if out.NextForwardToken == nil || out.NextBackwardToken == nil || out.Events == nil {
			t.Fatalf("tokens and events are always there: %+v", out)
		}
		return out
	}
	ms := func(n int64) *int64 { return aws.Ptr(t0.UnixMilli() + n) }
	two := aws.Ptr(int32(2))
	for name, c := range map[string]struct {
		in   api.GetLogEventsInput
		want string
	}{
		"newest":              {api.GetLogEventsInput{Limit: two}, "d e"},
		"oldest":              {api.GetLogEventsInput{Limit: two, StartFromHead: aws.Ptr(true)}, "a b"},
		"start is inclusive":  {api.GetLogEventsInput{StartTime: ms(3), StartFromHead: aws.Ptr(true)}, "d e"},
		"end is exclusive":    {api.GetLogEventsInput{EndTime: ms(2)}, "a b"},
		"both, newest":        {api.GetLogEventsInput{StartTime: ms(1), EndTime: ms(4), Limit: two}, "c d"},
		"both, oldest":        {api.GetLogEventsInput{StartTime: ms(1), EndTime: ms(4), Limit: two, StartFromHead: aws.Ptr(true)}, "b c"},
		"nothing before them": {api.GetLogEventsInput{EndTime: ms(0)}, ""},
		"nothing after them":  {api.GetLogEventsInput{StartTime: ms(5)}, ""},
	} {
		if got := texts(get(c.in).Events); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	// Forwards to the end and on, as the SDK does: with its start time each time.
	var all []string
	in := api.GetLogEventsInput{Limit: two, StartFromHead: aws.Ptr(true), StartTime: ms(0)}
	for {
		page := get(in)
		if len(page.Events) == 0 {
			if *page.NextForwardToken != *in.NextToken {
				t.Errorf("at the end the token changes from %s to %s", *in.NextToken, *page.NextForwardToken)
			}
			break
		}
		all = append(all, texts(page.Events))
		in.NextToken = page.NextForwardToken
	}
	b.write("s", 9, "f")
	more := get(in)
	if all = append(all, texts(more.Events)); strings.Join(all, "|") != "a b|c d|e|f" {
		t.Errorf("forwards: %q", all)
	}
	// And back from there.
	back := get(api.GetLogEventsInput{Limit: two, NextToken: more.NextBackwardToken})
	if texts(back.Events) != "d e" || texts(get(api.GetLogEventsInput{NextToken: back.NextBackwardToken}).Events) != "a b c" {
		t.Errorf("backwards: %q", texts(back.Events))
	}
	for _, token := range []string{"", "x", "f/", "f/-1", "g/1", "f/1x"} {
		_, err := b.GetLogEvents(b.ctx, &api.GetLogEventsInput{LogGroupName: aws.Ptr(group), LogStreamName: aws.Ptr("s"), NextToken: aws.Ptr(token)})
		b.refused(err, aws.InvalidParameterException, "nextToken is invalid")
	}
}

func TestGetLogEventsOfEmptyStream(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.create("s")
	in := &api.GetLogEventsInput{LogGroupName: aws.Ptr(group), LogStreamName: aws.Ptr("s")}
	out := must[*api.GetLogEventsOutput](t)(b.GetLogEvents(b.ctx, in))
	if len(out.Events) != 0 || out.Events == nil {
		t.Fatalf("%+v", out)
	}
	in.NextToken = out.NextForwardToken
	b.write("s", 0, "first")
	if out = must[*api.GetLogEventsOutput](t)(b.GetLogEvents(b.ctx, in)); texts(out.Events) != "first" {
		t.Errorf("%+v", out)
	}
}

func TestGetLogEventsPageSize(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	big := strings.Repeat("x", 200<<10)
	b.write("s", 0, big, big, big, big, big, big, big)
	out := must[*api.GetLogEventsOutput](t)(b.GetLogEvents(b.ctx, &api.GetLogEventsInput{LogGroupName: aws.Ptr(group), LogStreamName: aws.Ptr("s")}))
	if len(out.Events) != 5 {
		t.Errorf("%d events of 200 KiB in a page of 1 MiB", len(out.Events))
	}
}

// covers: logs.FilterLogEvents
func TestFilterLogEventsInterleaves(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.write("job/algo-2", 0, "b0", "b1", "b2", "b3")
	b.write("job/algo-1", 1, "a1", "a2", "a3", "a4")
	b.write("other/algo-1", 0, "c0", "c1")
	b.create("job/algo-3")
	collect := func(in api.FilterLogEventsInput) (string, int) {
		t.Helper()
		in.LogGroupIdentifier = aws.Ptr("arn:aws:logs:us-east-1:123456789012:log-group:" + group + ":*")
		var got []string
		ids := map[string]bool{}
		for pages := 1; ; pages++ {
			out := must[*api.FilterLogEventsOutput](t)(b.FilterLogEvents(b.ctx, &in))
			if out.Events == nil || out.SearchedLogStreams == nil {
				t.Fatalf("lists are always there: %+v", out)
			}
			for _, e := range out.Events {
				if got = append(got, *e.Message); ids[*e.EventId] {
					t.Errorf("event id %s twice", *e.EventId)
				}
				ids[*e.EventId] = true
			}
			if out.NextToken == nil {
				return strings.Join(got, " "), pages
			}
			in.NextToken = out.NextToken
		}
	}
	const whole = "b0 a1 b1 a2 b2 a3 b3 a4"
	for limit := int32(1); limit < 10; limit++ {
		got, pages := collect(api.FilterLogEventsInput{LogStreamNamePrefix: aws.Ptr("job/"), Limit: aws.Ptr(limit)})
		if want := (8 + int(limit) - 1) / int(limit); got != whole || pages != want {
			t.Errorf("limit %d: %q in %d pages", limit, got, pages)
		}
	}
	ms := func(n int64) *int64 { return aws.Ptr(t0.UnixMilli() + n) }
	for name, c := range map[string]struct {
		in   api.FilterLogEventsInput
		want string
	}{
		"times":   {api.FilterLogEventsInput{LogStreamNamePrefix: aws.Ptr("job/"), StartTime: ms(2), EndTime: ms(4)}, "a2 b2 a3 b3"},
		"names":   {api.FilterLogEventsInput{LogStreamNames: []string{"other/algo-1", "job/algo-3", "job/algo-1", "other/algo-1"}}, "c0 a1 c1 a2 a3 a4"},
		"pattern": {api.FilterLogEventsInput{FilterPattern: aws.Ptr("?1 ?0"), Limit: aws.Ptr(int32(1))}, "b0 c0 a1 b1 c1"},
		"silent":  {api.FilterLogEventsInput{StartTime: aws.Ptr(time.Now().Add(time.Hour).UnixMilli())}, ""},
	} {
		if got, _ := collect(c.in); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFilterLogEventsRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.create("s")
	for text, in := range map[string]*api.FilterLogEventsInput{
		"JSON patterns":       {FilterPattern: aws.Ptr(`{ $.x = 1 }`)},
		"patterns of fields":  {FilterPattern: aws.Ptr(`[a, b]`)},
		"regular expressions": {FilterPattern: aws.Ptr(`%a+%`)},
		"closing quote":       {FilterPattern: aws.Ptr(`"open`)},
		"logStreamNames":      {LogStreamNames: []string{"s"}, LogStreamNamePrefix: aws.Ptr("s")},
		"nextToken":           {NextToken: aws.Ptr("!")},
	} {
		in.LogGroupName = aws.Ptr(group)
		_, err := b.FilterLogEvents(b.ctx, in)
		b.refused(err, aws.InvalidParameterException, text)
	}
}

// TestFilterManyStreams: a page over many streams reads only what it needs.
func TestFilterManyStreams(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for i := range 200 {
		b.write(fmt.Sprintf("job-%03d/algo-1", i), i, "epoch 1", "[1]\tvalid-auc:0.5")
	}
	out := must[*api.FilterLogEventsOutput](t)(b.FilterLogEvents(b.ctx, &api.FilterLogEventsInput{LogGroupName: aws.Ptr(group), FilterPattern: aws.Ptr(`"valid-auc"`)}))
	if len(out.Events) != 200 || out.NextToken != nil || !slices.IsSortedFunc(out.Events, func(a, c *api.FilteredLogEvent) int { return int(*a.Timestamp - *c.Timestamp) }) {
		t.Errorf("%d events", len(out.Events))
	}
}
