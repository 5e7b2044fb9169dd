// Prints what the parser of the community's chart library says of a song's files, as JSON.
// Usage: node scan.mjs FOLDER FILE...
import { parseChartFile, scanChartFolder } from 'scan-chart'
import { readFileSync } from 'fs'
import { join } from 'path'

const [folder, ...names] = process.argv.slice(2)
const files = names.map(name => ({
  fileName: name,
  data: new Uint8Array(readFileSync(join(folder, name))),
}))
const scanned = scanChartFolder(files)
const levels = {}
const name = names.find(name => name.startsWith('notes.'))
const parsed = parseChartFile(
  files.find(file => file.fileName === name).data,
  name.endsWith('mid') ? 'mid' : 'chart',
  scanned,
)
for (const track of parsed.trackData) {
  levels[track.difficulty] = {
    notes: track.noteEventGroups.flat().map(n => [n.msTime, n.type, n.flags]),
    starPower: track.starPowerSections.length,
    fills: track.drumFreestyleSections.length,
  }
}
console.log(
  JSON.stringify({
    playable: scanned.playable,
    drumType: scanned.notesData?.drumType,
    issues: [
      ...scanned.folderIssues.map(issue => issue.folderIssue),
      ...scanned.metadataIssues.map(issue => issue.description),
      ...(scanned.notesData?.chartIssues ?? []).map(issue => issue.noteIssue),
    ],
    sections: parsed.sections.map(section => section.name),
    levels,
  }),
)
