// An AWS provider that knows its schema and nothing else: enough for `terraform validate` and for
// tests with mock_provider "aws", which ask the provider for names and types only.
//
//   node provider.js PACKAGES CONFIGURATION...
//
// PACKAGES is the node_modules folder, CONFIGURATION a folder whose *.tf files name the types needed.
// Prints the value for TF_REATTACH_PROVIDERS, serves on loopback, and ends when its input does.
'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { read_schema, encode } = require('./schema.js');

const [packages, ...folders] = process.argv.slice(2);
const from_packages = createRequire(path.join(path.resolve(packages), 'provider.js'));
const grpc = from_packages('@grpc/grpc-js');
const proto_loader = from_packages('@grpc/proto-loader');

function read_schemas(keyword, is_data_source) {
  const schemas = {};
  const named = new RegExp(`^${keyword} "(aws_\\w+)"`, 'gm');
  for (const folder of folders) {
    for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.tf'))) {
      for (const [, type] of fs.readFileSync(path.join(folder, file), 'utf8').matchAll(named)) {
        schemas[type] ??= read_schema(path.join(packages, '@cdktf/provider-aws'), type, is_data_source);
        // It is left out: Terraform then reports where it is used and that there is no such type.
        if (schemas[type] === null) delete schemas[type];
      }
    }
  }
  return schemas;
}

const optional = (name, type) => ({ name, type: encode(type), optional: true });

const provider_schema = {
  block: {
    attributes: [optional('region', 'string'), optional('profile', 'string')],
    block_types: [{
      type_name: 'default_tags',
      nesting: 2,
      max_items: 1,
      block: { attributes: [optional('tags', ['map', 'string'])] },
    }],
  },
};

const schema = {
  provider: provider_schema,
  resource_schemas: read_schemas('resource', false),
  data_source_schemas: read_schemas('data', true),
};

const valid = (call, answer) => answer(null, {});
const protocol = grpc.loadPackageDefinition(
  proto_loader.loadSync(path.join(__dirname, 'provider.proto'), { keepCase: true }));
const server = new grpc.Server({ 'grpc.max_send_message_length': -1 });
server.addService(protocol.tfplugin5.Provider.service, {
  GetSchema: (call, answer) => answer(null, schema),
  PrepareProviderConfig: (call, answer) => answer(null, call.request),
  ValidateResourceTypeConfig: valid,
  ValidateDataSourceConfig: valid,
  Stop: valid,
});

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(JSON.stringify({
    'hashicorp/aws': {
      Protocol: 'grpc',
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
    },
  }));
});

process.stdin.on('end', () => process.exit(0)).resume();
