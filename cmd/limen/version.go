package main

import "runtime/debug"

// release is the version of a release; a build from a checkout has its commit.
const release = "0.1.0-dev"

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit == "" {
		return release + " (" + info.GoVersion + ")"
	}
	return release + " (" + commit + dirty + ", " + info.GoVersion + ")"
}
