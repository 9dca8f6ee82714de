package control

import (
	"context"
	"errors"
)

// Do carries out a command. Its error is a *Fault. When it returns, the picture
// of revision Reply.Rev shows what was done.
func (d *Desk) Do(ctx context.Context, c Command) (Reply, error) {
	do, ok := d.verbs()[c.Verb]
	if !ok {
		return Reply{}, usage("there is no command %q", c.Verb)
	}
	reply, err := do(ctx, c)
	if err != nil {
		var fault *Fault
		if !errors.As(err, &fault) {
			fault = failed("%s: %w", c.Verb, err)
		}
		return Reply{}, fault
	}
	reply.Rev = d.paint()
	return reply, nil
}

func (d *Desk) verbs() map[Verb]func(context.Context, Command) (Reply, error) {
	return map[Verb]func(context.Context, Command) (Reply, error){
		Pair: d.pair, Answer: d.answer, Unpair: d.unpair,
		Share: d.share, Accept: d.accept, Decline: d.decline, Leave: d.leave,
		Pause: d.pause, Resume: d.unpause, Scan: d.scan,
		Conflicts: d.conflicts, Resolve: d.resolve,
		Search: d.search, List: d.list, Get: d.get, LetGo: d.letGo,
		Versions: d.versions, Restore: d.restore,
		Approve: d.approve, Undo: d.undo,
		Unresolve: d.unresolve, Ignore: d.ignore, Remove: d.remove,
		Rename: d.rename, Listening: d.listen, Welcome: d.welcome,
		Autostart: d.autostart, Open: d.open, Doctor: d.examine, Updates: d.checkUpdates, Quit: d.quit,
	}
}

func (d *Desk) quit(context.Context, Command) (Reply, error) {
	d.cfg.Quit()
	return Reply{Text: "Kith is stopping."}, nil
}
