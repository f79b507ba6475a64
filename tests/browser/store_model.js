/* Run by test_store.py inside the page: random lives of a conversation over a bad line. */
async () => {
    const { initialState, reduce, rows } = await import('/static/chat/store.js');
    const problems = [];
    for (let seed = 1; seed <= 400; seed += 1) run(seed);
    for (let seed = 1; seed <= 400; seed += 1) echo(seed);
    return problems.slice(0, 5);

    /* Nothing is lost, but old events come again at any later time: the page is right, or knows that it is not. */
    function echo(seed) {
        const random = generator(seed);
        const server = makeServer(random, {resumes: false});
        let page = reduce(initialState({conversation: {id: 'c'}, model: null}), server.snapshot());
        const past = [];
        for (let step = 0; step < 40; step += 1) {
            for (const event of server.act()) {
                page = reduce(page, told(event, server));
                if (!['feedback.saved', 'resync'].includes(event.type)) past.push(event);
                if (past.length && random() < 0.5) page = reduce(page, told(past[Math.floor(random() * past.length)], server));
                const asked = page.needsSync;
                if (asked) page = reduce(page, server.snapshot());
                compare(page, server, seed, event);
            }
        }
    }

    /* Each tab fetches its own snapshot when it hears that it should: it is of that moment. */
    function told(event, server) {
        return event.type === 'resync' ? server.snapshot() : event;
    }

    function compare(page, server, seed, event) {
        const truth = reduce(initialState({conversation: {id: 'c'}, model: null}), server.snapshot());
        const seen = (state) => JSON.stringify([state.messages.map((one) => [one.id, one.status, one.text]), state.running]);
        if (seen(page) !== seen(truth)) problems.push(`seed ${seed}, after ${event.type}: ${seen(page)} not ${seen(truth)}`);
    }

    function run(seed) {
        const random = generator(seed);
        const server = makeServer(random);
        let page = reduce(initialState({conversation: {id: 'c'}, model: null}), server.snapshot());
        let waiting = [];
        for (let step = 0; step < 60; step += 1) {
            waiting.push(...server.act());
            waiting = deliver(waiting);
        }
        page = reduce(page, server.snapshot());
        const fresh = reduce(initialState({conversation: {id: 'c'}, model: null}), server.snapshot());
        const shown = (state) => JSON.stringify([rows(state), state.running, state.needsSync, state.conversation]);
        if (shown(page) !== shown(fresh)) problems.push(`seed ${seed}: ${shown(page)} instead of ${shown(fresh)}`);

        /* Some events are lost, doubled, swapped or held back; now and then the line is cut. */
        function deliver(events) {
            if (random() < 0.03) return [];
            const later = [];
            for (const event of events) {
                const chance = random();
                if (chance < 0.08) continue;
                if (chance < 0.2) { later.push(event); continue; }
                apply(event);
                if (chance < 0.3) apply(event);
                if (chance > 0.95) later.unshift(event);
            }
            if (page.needsSync && random() < 0.3) apply(server.snapshot());
            return later;
        }

        function apply(event) {
            const before = JSON.stringify(page);
            const next = reduce(page, told(event, server));
            if (JSON.stringify(page) !== before) problems.push(`seed ${seed}: ${event.type} changed the old state`);
            page = next;
            for (const message of page.messages) {
                if (!server.everSaid(message.id, message.text)) {
                    problems.push(`seed ${seed}: after ${event.type}, ${message.id} shows “${message.text}”`);
                }
            }
            page.messages.forEach((message, index) => {
                const pair = page.comparison?.messages.includes(message.id) ?? false;
                const before = page.messages.slice(0, index).filter((one) => !pair || one.parent !== message.parent);
                const parent = before.at(-1)?.id ?? null;
                if (message.parent !== parent) problems.push(`seed ${seed}: ${message.id} hangs in the air`);
            });
        }
    }

    /* A small server: a tree, one running reply, and the events of each thing that happens. */
    function makeServer(random, {resumes = true} = {}) {
        const all = new Map();
        const said = new Map();
        let leaf = null, running = null, count = 0, pair = null;
        const pick = (list) => list[Math.floor(random() * list.length)];
        const children = (id) => [...all.values()].filter((one) => one.parent === id).map((one) => one.id);
        const view = (one) => ({...one, versions: {ids: children(one.parent), index: children(one.parent).indexOf(one.id)}});
        const branch = () => {
            const list = [];
            for (let id = leaf; id; id = all.get(id).parent) list.unshift(view(all.get(id)));
            return pair ? [...list.slice(0, -1), ...pair.map((id) => view(all.get(id)))] : list;
        };
        /* Two answers to one question. That they begin, or are left behind, is told by a snapshot alone. */
        const compare = () => {
            const asked = add(leaf, 'user', 'complete', `q${count}`);
            pair = [reply(asked), reply(asked)];
            running = leaf = pair[0];
            return [{type: 'resync'}];
        };
        const leave = () => {
            leaf = pick(pair);
            pair = null;
            const asked = add(leaf, 'user', 'complete', `q${count}`);
            reply(asked);
            return [{type: 'resync'}];
        };
        const snapshot = () => structuredClone({
            type: 'snapshot', conversation: {id: 'c', title: `t${count}`}, messages: branch(), running, has_older: false, model: null,
            comparison: pair && {id: all.get(pair[0]).parent, messages: pair, verdict: null, engines: null}});
        const add = (parent, role, status, text) => {
            const id = `m${++count}`;
            all.set(id, {id, parent, role, status, seq: 0, text, html: null, client_id: role === 'user' ? `k${count}` : '',
                         lang: 'en', feedback: null, detail: '', sources: [],
                         engine: '', confidence: '', abstained: false});
            said.set(id, [text]);
            leaf = id;
            return id;
        };
        const reply = (parent) => { running = add(parent, 'assistant', 'streaming', ''); return running; };
        const created = (...ids) => [{type: 'turn.created', messages: ids.map((id) => view(all.get(id)))}];
        const write = () => {
            const one = all.get(pair ? pick(pair.filter((id) => all.get(id).status === 'streaming')) : running);
            const text = pick(['a', 'bc ', '。', 'word ']);
            one.seq += 1;
            one.text += text;
            said.get(one.id).push(one.text);
            return [{type: 'reply.delta', message_id: one.id, seq: one.seq, text}];
        };
        const end = (status) => {
            const one = all.get(pair ? pick(pair.filter((id) => all.get(id).status === 'streaming')) : running);
            Object.assign(one, {status, html: `<p>${one.text}</p>`, detail: status === 'failed' ? 'why' : '',
                                engine: pick(['', 'rules', 'gpt2']), confidence: pick(['', 'sure', 'unsure'])});
            running = pair?.find((id) => all.get(id).status === 'streaming') ?? null;
            const {seq, text, html, detail, sources, engine, confidence, abstained} = one;
            const told = {seq, text, html, detail, sources, engine, confidence, abstained};
            return [{type: 'reply.done', message_id: one.id, status, ...told}];
        };
        const goOn = () => {
            const one = all.get(leaf);
            Object.assign(one, {status: 'streaming', html: null, detail: ''});
            running = one.id;
            return [{type: 'reply.resumed', message_id: one.id, status: 'streaming', seq: one.seq}];
        };
        const rate = () => {
            const one = all.get(leaf);
            one.feedback = pick([null, {value: 1, reasons: [], comment: ''}]);
            return [{type: 'feedback.saved', message_id: one.id, feedback: one.feedback}];
        };
        const idle = () => {
            const chance = random();
            const last = leaf && all.get(leaf);
            if (pair) return chance < 0.3 ? leave() : rate();
            if (last && chance < 0.1) return compare();
            if (!last || chance < 0.4) { const asked = add(leaf, 'user', 'complete', `q${count}`);
                                         return created(asked, reply(asked)); }
            if (chance < 0.55) return created(reply(last.parent));
            if (chance < 0.65) { const old = pick(branch().filter((one) => one.role === 'user'));
                                 const asked = add(old.parent, 'user', 'complete', `e${count}`);
                                 return created(asked, reply(asked)); }
            if (resumes && chance < 0.8 && last.status === 'stopped') return goOn();
            return rate();
        };
        const busy = () => {
            const chance = random();
            if (chance < 0.75) return write();
            if (chance < 0.8) return [{type: 'reply.waiting', message_id: running, state: 'queued', position: 1, wait_s: null}];
            return end(pick(['complete', 'stopped', 'failed']));
        };
        return {
            act: () => (running ? busy() : idle()),
            everSaid: (id, text) => said.get(id)?.includes(text),
            snapshot,
        };
    }

    function generator(seed) {
        let state = seed;
        return () => {
            state = (state + 0x6d2b79f5) | 0;
            let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
            mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
            return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
        };
    }
}
