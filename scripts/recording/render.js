// Renders a recording of asciinema, given as FILE, as an animated SVG on stdout.
const { readFileSync } = require('fs');
const { render } = require('svg-term');

process.stdout.write(render(readFileSync(process.argv[2], 'utf8'), { cursor: false, window: true }));
