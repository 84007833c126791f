//! The language server as a process, and the few words of its protocol (LSP) that an editor needs: open,
//! complete, hover.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, thread};

use serde_json::{Value, json};

/// How long an answer may take before it counts as missing: generous, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. Ended when dropped.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    heard: Receiver<Value>,
    asked: u64,
}

impl Server {
    /// Starts it, as an editor would that has this repository open and no schemas but those that files name.
    pub(crate) fn start() -> Self {
        let mut child = Command::new("setpriv");
        child.args(["--pdeathsig", "KILL", "--", "node"]).arg(program()).arg("--stdio");
        let mut child =
            child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, heard) = mpsc::channel();
        thread::spawn(
            move || while message(&mut stdout).is_some_and(|message| sender.send(message).is_ok()) {},
        );
        let mut server = Self { child, stdin, heard, asked: 0 };
        let text = json!({ "completion": { "completionItem": { "documentationFormat": ["markdown"] } }, "hover": { "contentFormat": ["markdown"] } });
        server.ask("initialize", json!({ "processId": null, "rootUri": uri(Path::new("")), "capabilities": { "textDocument": text } }));
        server.tell("initialized", json!({}));
        let settings = json!({ "yaml": { "validate": true, "hover": true, "completion": true, "schemaStore": { "enable": false } } });
        server.tell("workspace/didChangeConfiguration", json!({ "settings": settings }));
        server
    }

    /// Opens a file with this text: what is underlined.
    pub(crate) fn open(&mut self, path: &Path, text: &str) -> Vec<Value> {
        let uri = uri(path);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "yaml", "version": 1, "text": text } }),
        );
        loop {
            let message = self.hear();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                return message["params"]["diagnostics"].as_array().cloned().unwrap();
            }
        }
    }

    /// What can be written at a place.
    pub(crate) fn complete(&mut self, path: &Path, (line, column): (usize, usize)) -> Vec<Value> {
        let answer = self.ask("textDocument/completion", at(path, line, column));
        answer["items"].as_array().cloned().unwrap_or_default()
    }

    /// What is said of what stands at a place.
    pub(crate) fn hover(&mut self, path: &Path, (line, column): (usize, usize)) -> String {
        self.ask("textDocument/hover", at(path, line, column))["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.hear();
            if message["id"] == id && message.get("method").is_none() {
                return message["result"].clone();
            }
        }
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message; what the server itself asks for meanwhile, it does not get.
    fn hear(&mut self) -> Value {
        let message = self.heard.recv_timeout(PATIENCE).expect("the language server says nothing");
        if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
            let items = message["params"]["items"]
                .as_array()
                .map_or(Value::Null, |items| json!(vec![json!({}); items.len()]));
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": items }));
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.stdin.flush().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn message(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stdout.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim() {
            "" => break,
            header => {
                length = header
                    .strip_prefix("Content-Length: ")
                    .map_or(Some(length), |length| length.parse().ok())?
            }
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Where `make editor` has put it.
fn program() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap()).join(".cache");
    let cache =
        env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map_or_else(home, PathBuf::from);
    let folder = cache.join("clever-operator/tools/editor");
    let [wanted, found] = [Path::new("tests/editor"), &folder]
        .map(|folder| fs::read(folder.join("package-lock.json")).unwrap_or_default());
    assert!(
        wanted == found,
        "the language server of tests/editor/package.json is not installed: make editor"
    );
    folder.join("node_modules/yaml-language-server/bin/yaml-language-server")
}

fn uri(path: &Path) -> String {
    format!("file://{}", Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display())
}

fn at(path: &Path, line: usize, column: usize) -> Value {
    json!({ "textDocument": { "uri": uri(path) }, "position": { "line": line, "character": column } })
}
