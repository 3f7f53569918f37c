using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Data.Hub;

namespace Fulcrum.Tests.Hub;

/// <summary>A request that the fake hub received.</summary>
internal sealed record Received(string Side, string Method, string Path, string? Range, string? Token);

/// <summary>A hub on loopback with a second host for files that end in .safetensors, in this process.</summary>
internal sealed class FakeHub : IDisposable
{
    private readonly List<HttpListener> listeners = [];
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-hub-").FullName;

    public FakeHub()
    {
        Hub = Listen("hub");
        Cdn = Listen("cdn");
    }

    /// <summary>Files by repository (<c>org/name</c> or <c>datasets/org/name</c>), revision and path.</summary>
    public Dictionary<string, Dictionary<string, Dictionary<string, byte[]>>> Repositories { get; } = [];

    public ConcurrentQueue<Received> Log { get; } = new();

    /// <summary>Answers a request in place of the hub if it returns true.</summary>
    public Func<Received, HttpListenerResponse, bool> Instead { get; set; } = (_, _) => false;

    /// <summary>Changes a body before it is sent; what it cuts off is cut off the connection.</summary>
    public Func<Received, byte[], byte[]> Body { get; set; } = (_, body) => body;

    public Uri Hub { get; }

    public Uri Cdn { get; }

    public string Home => folder;

    public HubSettings Settings =>
        HubSettings.From(name => Variables.GetValueOrDefault(name)) with
        {
            FirstPause = TimeSpan.FromMilliseconds(1),
            PieceBytes = 1 << 16,
        };

    public Dictionary<string, string> Variables =>
        field ??= new()
        {
            ["HF_ENDPOINT"] = Hub.AbsoluteUri,
            ["HF_HOME"] = folder,
            ["HOME"] = folder,
        };

    public HubResolver Resolver => new(Settings);

    public static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8) + seed);
        }

        return bytes;
    }

    public static string Commit(string repository, string revision) =>
        revision.Length == 40
            ? revision
            : Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(repository + revision)));

    public static string Digest(string path, byte[] content) =>
        IsLarge(path)
            ? Convert.ToHexStringLower(SHA256.HashData(content))
            : Convert.ToHexStringLower(
                SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content])
            );

    /// <summary>Adds a file to the branch main of a repository.</summary>
    public FakeHub With(string repository, string path, byte[] content)
    {
        if (!Repositories.TryGetValue(repository, out Dictionary<string, Dictionary<string, byte[]>>? revisions))
        {
            Repositories[repository] = revisions = new() { ["main"] = [] };
        }

        revisions["main"][path] = content;
        return this;
    }

    public FakeHub With(string repository, string path, string content) =>
        With(repository, path, Encoding.UTF8.GetBytes(content));

    public int Count(string side, string method) => Log.Count(r => r.Side == side && r.Method == method);

    public void Dispose()
    {
        listeners.ForEach(l => l.Close());
        Directory.Delete(folder, recursive: true);
    }

    private static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    private Uri Listen(string side)
    {
        TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        free.Stop();
        HttpListener listener = new();
        listener.Prefixes.Add(address);
        listener.Start();
        listeners.Add(listener);
        _ = Task.Run(() => Serve(listener, side));
        return new Uri(address);
    }

    private async Task Serve(HttpListener listener, string side)
    {
        while (listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await listener.GetContextAsync();
                _ = Task.Run(() => Answer(context, side));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context, string side)
    {
        HttpListenerRequest request = context.Request;
        Received received = new(
            side,
            request.HttpMethod,
            request.RawUrl!,
            request.Headers["Range"],
            request.Headers["Authorization"]
        );
        Log.Enqueue(received);
        try
        {
            if (!Instead(received, context.Response))
            {
                Respond(received, context.Response);
            }

            context.Response.Close();
        }
        catch (Exception e)
            when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            context.Response.Abort();
        }
    }

    private void Respond(Received request, HttpListenerResponse response)
    {
        string[] parts = [.. request.Path.Split('?')[0].Trim('/').Split('/').Select(Uri.UnescapeDataString)];
        if (request.Side == "cdn")
        {
            Send(request, response, All().First(c => Digest("x.safetensors", c) == parts[0]));
            return;
        }

        bool api = parts[0] == "api";
        parts = api ? parts[1..] : parts;
        string kind = parts[0] is "models" or "datasets" ? parts[0] : "models";
        parts = parts[0] == kind ? parts[1..] : parts;
        string key = (kind == "datasets" ? "datasets/" : "") + parts[0] + "/" + parts[1];
        if (!Repositories.TryGetValue(key, out Dictionary<string, Dictionary<string, byte[]>>? revisions))
        {
            Refuse(response, 401, "RepoNotFound");
            return;
        }

        string? revision = revisions.Keys.FirstOrDefault(r => r == parts[3] || Commit(key, r) == parts[3]);
        if (revision is null)
        {
            Refuse(response, 404, "RevisionNotFound");
            return;
        }

        response.Headers["X-Repo-Commit"] = Commit(key, revision);
        if (api)
        {
            Send(request, response, Encoding.UTF8.GetBytes(Listed(parts[2], key, revision, revisions[revision])));
            return;
        }

        Resolve(request, response, string.Join('/', parts[4..]), revisions[revision]);
    }

    private IEnumerable<byte[]> All() => Repositories.Values.SelectMany(r => r.Values).SelectMany(f => f.Values);

    private static string Listed(string verb, string key, string revision, Dictionary<string, byte[]> files) =>
        verb == "revision"
            ? new JsonObject { ["sha"] = Commit(key, revision) }.ToJsonString()
            : new JsonArray([.. files.Select(f => Entry(f.Key, f.Value))]).ToJsonString();

    private static JsonObject Entry(string path, byte[] content)
    {
        JsonObject entry = new()
        {
            ["type"] = "file",
            ["path"] = path,
            ["size"] = content.Length,
            ["oid"] = Digest(path + ".pointer", content),
        };
        if (IsLarge(path))
        {
            entry["lfs"] = new JsonObject { ["oid"] = Digest(path, content), ["size"] = content.Length };
        }

        return entry;
    }

    private void Resolve(Received request, HttpListenerResponse response, string path, Dictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(path, out byte[]? content))
        {
            Refuse(response, 404, "EntryNotFound");
            return;
        }

        response.Headers["ETag"] = $"\"{Digest(path, content)}\"";
        if (IsLarge(path))
        {
            response.StatusCode = 302;
            response.Headers["Location"] = $"{Cdn}{Digest(path, content)}?Signature=1";
            return;
        }

        Send(request, response, content);
    }

    private void Send(Received request, HttpListenerResponse response, byte[] content)
    {
        string[] range = request.Range?["bytes=".Length..].Split('-') ?? [];
        if (range.Length == 2)
        {
            int from = int.Parse(range[0]),
                to = range[1] == "" ? content.Length - 1 : int.Parse(range[1]);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{to}/{content.Length}";
            content = content[from..(to + 1)];
        }

        response.ContentLength64 = content.Length;
        if (request.Method != "HEAD")
        {
            byte[] sent = Body(request, content);
            response.OutputStream.Write(sent);
            response.OutputStream.Flush();
            if (sent.Length < content.Length)
            {
                response.Abort();
            }
        }
    }

    private static void Refuse(HttpListenerResponse response, int status, string code)
    {
        response.StatusCode = status;
        response.Headers["X-Error-Code"] = code;
    }
}
