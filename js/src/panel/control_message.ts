// What is sent to nnwidgets on a kernel's control channel.

/** A request that the kernel side knows (nnwidgets/kernel/control.py), as Jupyter's protocol wants messages to be. */
export function controlMessage<T>(kernel: { clientId: string; username: string }, content: T) {
  return {
    header: {
      msg_id: randomId(),
      msg_type: 'nnwidgets_request',
      session: kernel.clientId,
      username: kernel.username,
      date: new Date().toISOString(),
      version: '5.3',
    },
    parent_header: {},
    metadata: {},
    channel: 'control',
    content,
    buffers: [],
  };
}

/** `crypto.randomUUID` does not exist where a page came by plain http from another machine. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
