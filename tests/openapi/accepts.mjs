// Reads {schema, values} from stdin and writes, as JSON, which of the values the schema takes, with the regular
// expressions of ECMAScript.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.argv[2] + '/');
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;

const cases = JSON.parse(readFileSync(0, 'utf8'));
const ajv = addFormats(new Ajv({ strict: false }));
const answers = cases.map(({ schema, values }) => {
  const accepts = ajv.compile(schema);
  return values.map((value) => accepts(value));
});
process.stdout.write(JSON.stringify(answers));
