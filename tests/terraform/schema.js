// Reads the schema of one AWS resource or data source out of @cdktf/provider-aws: classes generated
// from the provider's own schema, so every name, type and requirement of it is in their text.
//
//   index.js    the tables in synthesizeHclAttributes() and in each ...ToHclTerraform(): names, types,
//               which are blocks; the getters: what the provider computes
//   index.d.ts  the Config interfaces: what is optional
'use strict';

const fs = require('fs');
const path = require('path');

const LIST = 2;
const SET = 3;

const SCALARS = { string: 'string', number: 'number', boolean: 'bool' };
const GETTERS = {
  String: 'string',
  Number: 'number',
  Boolean: 'bool',
  List: ['list', 'string'],
  NumberList: ['list', 'number'],
  StringMap: ['map', 'string'],
};

const camel_case = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const encode = (type) => Buffer.from(JSON.stringify(type));

/// "simple" + "string", "list" + "stringList", "set" + "stringList", "map" + "stringMap".
function attribute_type(collection, storage) {
  if (collection === 'simple') return SCALARS[storage] ?? 'string';
  const element = storage.replace(/(List|Map)$/, '');
  return [collection, SCALARS[element] ?? 'string'];
}

/// {interface: {member: required}} of the declarations.
function read_interfaces(declarations) {
  const interfaces = {};
  for (const [, name, body] of declarations.matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)) {
    interfaces[name] = {};
    for (const [, member, optional] of body.matchAll(/^ {4}readonly (\w+)(\?)?:/gm)) {
      interfaces[name][member] = optional === undefined;
    }
  }
  return interfaces;
}

function body_of(source, start) {
  const from = source.indexOf(start);
  if (from < 0) throw new Error(`${start} is not in the generated source`);
  return source.slice(from, source.indexOf('// remove undefined attributes', from));
}

function read_block(source, table, interfaces, interface_name) {
  const block = { attributes: [], block_types: [] };
  const entry = /^ +(\w+): \{\n +value: .*\n +isBlock: (true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)"/gm;
  const required_members = interfaces[interface_name] ?? {};
  for (const [, name, is_block, collection, storage] of table.matchAll(entry)) {
    const required = required_members[camel_case(name)] === true;
    if (is_block === 'false') {
      const type = encode(attribute_type(collection, storage));
      block.attributes.push({ name, type, required, optional: !required, computed: !required });
      continue;
    }
    const class_name = storage.replace(/(List|Map)$/, '');
    const writer = class_name[0].toLowerCase() + class_name.slice(1) + 'ToHclTerraform(struct)';
    block.block_types.push({
      type_name: name,
      // A block that may be there once is a list of at most one to the provider.
      nesting: collection === 'set' ? SET : LIST,
      min_items: required ? 1 : 0,
      max_items: collection === 'struct' || is_single(source, class_name) ? 1 : 0,
      block: read_block(source, body_of(source, `function ${writer}`), interfaces, class_name),
    });
  }
  return block;
}

/// The generator makes a list class for every block that may be there more than once.
function is_single(source, class_name) {
  return !source.includes(`class ${class_name}List extends`);
}

function read_computed(resource_class, block) {
  const known = new Set([...block.attributes.map((a) => a.name), ...block.block_types.map((b) => b.type_name)]);
  const getter = /return (?:cdktf\.Fn\.tolist\()?this\.get(\w+)Attribute\('(\w+)'\)/g;
  for (const [, kind, name] of resource_class.matchAll(getter)) {
    if (known.has(name) || !(kind in GETTERS)) continue;
    known.add(name);
    block.attributes.push({ name, type: encode(GETTERS[kind]), computed: true });
  }
}

/// `type` is "aws_sqs_queue"; null where the provider has no such thing.
function read_schema(package_folder, type, is_data_source) {
  const name = (is_data_source ? 'data-aws-' : '') + type.replace(/^aws_/, '').replace(/_/g, '-');
  const folder = path.join(package_folder, 'lib', name);
  if (!fs.existsSync(path.join(folder, 'index.js'))) return null;
  const source = fs.readFileSync(path.join(folder, 'index.js'), 'utf8');
  const interfaces = read_interfaces(fs.readFileSync(path.join(folder, 'index.d.ts'), 'utf8'));
  const [, class_name, found] = source.match(/^(\w+)\.tfResourceType = "(\w+)"/m);
  if (found !== type) throw new Error(`${name} describes ${found}, not ${type}`);
  const resource_class = source.slice(source.indexOf(`class ${class_name} extends`));
  const table = body_of(resource_class, 'synthesizeHclAttributes() {');
  const block = read_block(source, table, interfaces, `${class_name}Config`);
  read_computed(resource_class, block);
  return { block };
}

module.exports = { read_schema, encode };
