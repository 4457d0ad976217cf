// graphile-worker at its fastest: jobs that do nothing, its local queue, endings in batches, 24 at once.
//
//   node queue.mjs FOLDER DATABASE      FOLDER has its node_modules; runs until it is told to end
import { createRequire } from 'node:module';

const [folder, database] = process.argv.slice(2);
const { run, Logger } = createRequire(`${folder}/`)('graphile-worker');
const quiet = new Logger(() => () => {});
const runner = await run({
	connectionString: `postgres:///${database}?host=${encodeURIComponent(process.env.PGHOST)}&user=${process.env.PGUSER}`,
	taskList: { nothing: () => {} },
	noHandleSignals: true,
	logger: quiet,
	preset: { worker: { concurrentJobs: 24, maxPoolSize: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0, logger: quiet } },
});
console.log('ready');
process.on('SIGTERM', () => runner.stop().then(() => process.exit(0)));
