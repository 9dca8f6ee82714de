package tray

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/control"
)

// Config is what a tray works with. All of it is needed.
type Config struct {
	Hub      *control.Hub
	Activity *control.Activity
	// Do carries out a command.
	Do func(context.Context, control.Command) (control.Reply, error)
	// Open shows a place on the page. It may fail with control.ErrNoScreen.
	Open func(ctx context.Context, place string) error
	// Say tells something to whoever started the app.
	Say func(text string)
	Log *slog.Logger
	// Welcome says that a person opened the app and waits to see it: unless they
	// were shown how to begin, the page that helps with that is shown at once.
	Welcome bool
	// AtLogin says that nobody waits to see anything now.
	AtLogin bool
}

// drawEvery is how long the panel is left alone after it was drawn anew.
const drawEvery = 500 * time.Millisecond

// recent is how many entries of the activity are looked at, to find maxRecent
// that are about files.
const recent = 200

type tray struct {
	cfg     Config
	desktop *desktop
	dialog  sync.Mutex // held while a dialog stands open

	acting sync.WaitGroup
	chosen chan *slot  // lines that a person chose
	acts   chan Action // what a person chose in a notification
	faults chan Note   // what did not work

	// What follows is used by the loop only.
	painter *painter
	picture control.Picture
	memory  Memory
	calm    Calm
	drawn   time.Time
	icon    Icon
	tooltip string
}

// Run shows the tray until ctx ends. It must be called in the main thread. Where
// there is nothing that would show an icon it says so once, and shows the page.
func Run(ctx context.Context, cfg Config) error {
	t := &tray{
		cfg: cfg, chosen: make(chan *slot), acts: make(chan Action), faults: make(chan Note),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t.desktop = openDesktop(ctx, func(a Action) {
		select {
		case t.acts <- a:
		case <-ctx.Done():
		}
	})
	defer t.desktop.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { t.greet(ctx); return nil })
	if t.desktop.panel == nil {
		g.Go(func() error { return t.loop(ctx) })
		return g.Wait()
	}
	t.desktop.panel.Run(func() {
		t.painter = newPainter(t.desktop.panel.Make, t.desktop.panel.Label, t.chosen)
		t.picture = cfg.Hub.Latest()
		t.draw(time.Now())
	}, func() {
		g.Go(func() error {
			defer t.desktop.panel.Quit()
			return t.loop(ctx)
		})
	})
	cancel() // the panel may have ended by itself
	return g.Wait()
}

// How long a desktop has to come up with a place for icons.
const (
	hostWithin        = 3 * time.Second
	hostWithinAtLogin = 30 * time.Second
)

// greet says so if nothing shows the icon, and shows the page instead, if somebody
// waits to see something.
func (t *tray) greet(ctx context.Context) {
	why := t.desktop.lacks
	if t.desktop.panel != nil {
		within := hostWithin
		if t.cfg.AtLogin {
			within = hostWithinAtLogin
		}
		wait, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		if t.desktop.host(wait) {
			t.welcome(ctx)
			return
		}
		if ctx.Err() != nil {
			return
		}
		why = errors.New("nothing on this desktop shows icons")
	}
	t.cfg.Log.Info("no tray", "reason", why)
	said, _, _ := strings.Cut(why.Error(), ":") // the cause behind it is for the log
	t.cfg.Say("No tray here: " + said + ". Kith runs on; see it with: kith open")
	if !t.cfg.AtLogin {
		t.showPage(ctx)
	}
}

// welcome shows the page to who opens the app and was not shown yet how to begin.
func (t *tray) welcome(ctx context.Context) {
	if !t.cfg.Welcome {
		return
	}
	p, err := t.cfg.Hub.Next(ctx, 0)
	if err == nil && p.Device.Fresh {
		t.showPage(ctx)
	}
}

func (t *tray) showPage(ctx context.Context) {
	if err := t.cfg.Open(ctx, string(Overview)); err != nil && !errors.Is(err, control.ErrNoScreen) {
		t.cfg.Log.Warn("page not shown", "error", err)
	}
}

// loop draws pictures and does what is chosen, until ctx ends.
func (t *tray) loop(ctx context.Context) error {
	defer t.acting.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pictures := make(chan control.Picture)
	t.acting.Go(func() { t.watch(ctx, pictures) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case t.picture = <-pictures:
		case s := <-t.chosen:
			t.act(ctx, s.item.Do)
		case a := <-t.acts:
			t.act(ctx, a)
		case n := <-t.faults:
			t.notify(n)
		case <-timer.C:
		}
		timer.Stop()
		if again := t.step(time.Now()); !again.IsZero() {
			timer.Reset(max(0, time.Until(again)))
		}
	}
}

func (t *tray) watch(ctx context.Context, pictures chan<- control.Picture) {
	var rev uint64
	for {
		p, err := t.cfg.Hub.Next(ctx, rev)
		if err != nil {
			return
		}
		rev = p.Rev
		select {
		case pictures <- p:
		case <-ctx.Done():
			return
		}
	}
}

// act does something without keeping the loop waiting.
func (t *tray) act(ctx context.Context, a Action) {
	if a == nil {
		return
	}
	t.acting.Go(func() {
		err := t.do(ctx, a)
		if err == nil || ctx.Err() != nil {
			return
		}
		t.cfg.Log.Warn("what was chosen in the tray did not work", "error", err)
		var f *control.Fault
		next := ""
		if errors.As(err, &f) {
			next = f.Next
		}
		select {
		case t.faults <- faultNote(err, next):
		case <-ctx.Done():
		}
	})
}

// step tells and draws what the picture says, and returns when to look again.
func (t *tray) step(now time.Time) time.Time {
	if t.picture.Rev == 0 {
		return time.Time{}
	}
	var news News
	t.memory, news = t.memory.Next(t.picture, now)
	if t.desktop.notes != nil {
		for _, key := range news.Gone {
			t.desktop.notes.Withdraw(key)
		}
	}
	for _, n := range news.Notes {
		t.notify(n)
	}
	again := earlier(news.Again, t.draw(now))
	return again
}

func (t *tray) notify(n Note) {
	if t.desktop.notes == nil {
		return
	}
	if err := t.desktop.notes.Show(n); err != nil {
		t.cfg.Log.Debug("notification not shown", "error", err)
	}
}

// draw brings the panel up to date, and returns when it has to be done again.
func (t *tray) draw(now time.Time) (again time.Time) {
	if t.painter == nil {
		return time.Time{}
	}
	var busy bool
	t.calm, busy, again = t.calm.Step(moving(t.picture), now)
	if due := t.drawn.Add(drawEvery); now.Before(due) {
		return earlier(again, due)
	}
	t.drawn = now
	entries, _ := t.cfg.Activity.Latest(recent)
	down, up := rates(t.picture)
	swings := busy && down+up > 0
	v := Picture(State{Picture: t.picture, Recent: entries, Now: now, Busy: busy, Odd: swings && now.Unix()%2 == 1})
	t.painter.draw(v.Menu)
	if v.Icon != t.icon {
		t.icon = v.Icon
		t.desktop.panel.SetIcon(v.Icon)
	}
	if v.Tooltip != t.tooltip {
		t.tooltip = v.Tooltip
		t.desktop.panel.SetTooltip(v.Tooltip)
	}
	if swings {
		again = earlier(again, now.Truncate(time.Second).Add(time.Second))
	}
	return again
}

// earlier returns the earlier of two times of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
