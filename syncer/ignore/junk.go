package ignore

import "kith/index"

// junkList is what never travels, unless a .kithignore takes it back in with an
// exclamation mark. It holds only what no person ever made or would miss: what
// desktops scatter, locks and swap of editors, halves of downloads, the inner
// life of other programs that sync. Backups (*~, *.bak) do travel, as they hold
// a whole former text; so does *.part, which may be a part of an archive.
//
// Kith's own directory is not here: no path can name it.
const junkList = `
# macOS
.DS_Store
._*
.AppleDouble/
.DocumentRevisions-V100/
.Spotlight-V100/
.TemporaryItems/
.Trashes
.apdisk
.fseventsd/

# Windows
[Dd]esktop.ini
[Tt]humbs.db
ehthumbs.db
ehthumbs_vista.db
$RECYCLE.BIN/
$Recycle.Bin/
System Volume Information/

# Linux
.Trash-[0-9]*/
/lost+found/
.fuse_hidden*
.nfs[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*
.goutputstream-*

# editors and offices: swap, locks, unfinished saves
.*.sw[a-px]
.sw[a-px]
.*.kate-swp
.#*
\#*#
~$*
.~lock.*#
~WR[A-Z]*.tmp
*___jb_tmp___
*___jb_old___

# unfinished downloads
*.crdownload
*.opdownload

# other programs that sync
.stfolder
.stversions/
.syncthing.*.tmp
~syncthing~*.tmp
.dropbox
.dropbox.attr
.dropbox.cache/
.sync_*.db*
.owncloudsync.log*
.nextcloudsync.log*
*.!sync
.unison.*.unison.tmp
.sync.ffs_db
.sync.ffs_lock
*.ffs_tmp
`

// junk is junkList read; nothing writes to it.
var junk = func() *file {
	patterns, problems := parse([]byte(junkList))
	if len(problems) > 0 {
		panic(problems[0].Reason)
	}
	return newFile(index.Path{}, patterns)
}()
