using System.Net;
using System.Text;
using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Jobs;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Runs;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tests;

namespace Fulcrum.Fuzz;

/// <summary>Targets that read folders and replies: run folders, logs of other programs, task files, names of the hub,
/// servers.</summary>
/// <param name="folder">An empty folder.</param>
internal sealed class UntrustedFolders(string folder)
{
    // Files of a run that the first byte of an input chooses from; the rest of the input takes its place.
    private static readonly string[] Parts =
    [
        "study.json",
        "comparison.json",
        "model.json",
        "prepare.manifest.json",
        "base.manifest.json",
        "guards/prepare.json",
        "base/spider.jsonl",
        "base/spider.protocol.json",
        "candidates/tuned/spider.jsonl",
        "candidates/tuned/measure.manifest.json",
        "candidates/tuned/adapter/train.jsonl",
        "candidates/tuned/adapter/training_data.json",
    ];

    // Files that tell the state of a run, chosen in the same way.
    private static readonly string[] States =
    [
        "heartbeat.json",
        "owner.json",
        "slurm.json",
        "candidates/tuned/heartbeat.json",
        "candidates/tuned/failed.json",
        "study.json",
    ];

    private readonly Lazy<string> run = new(() => SyntheticRun.Write(task: 4, general: 4)),
        begun = new(Begun);

    public (string Name, Action<byte[]> Run)[] All =>
        [
            ("parquet", b => Table.Read(Written("rows.parquet", b))),
            ("gguf", b => GgufModel.Read(Written("model.gguf", b))),
            ("run-folder", RunFolder),
            ("run-state", RunState),
            ("harness-log", HarnessLog),
            ("inspect-log", b => OtherLogs.Read(Written("log/log.json", b))),
            ("inspect-archive", b => OtherLogs.Read(Written("log/log.eval", b))),
            ("task-file", b => HarnessGroups.Read(Written("tasks/task.yaml", b))),
            ("dataset-card", Card),
            ("hub-names", HubNames),
            ("endpoint", Endpoint),
        ];

    private string Written(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>One file of a complete run is replaced; the run is reported and its names stay inside.</summary>
    private void RunFolder(byte[] bytes) =>
        With(
            run.Value,
            Parts,
            bytes,
            layout =>
            {
                IEnumerable<RelativeName> names = layout.Completed("prepare")?.Outputs.Keys ?? [];
                Array.ForEach([.. names], n => Inside(n.In(layout.Root), layout.Root));
                _ = GuardLog.Read(layout.Guards("prepare"));
                _ = Page.Print(RunReport.Read(layout.Root));
            }
        );

    /// <summary>One file that <c>status</c>, <c>cancel</c> and <c>view</c> read is replaced, of a run that is not
    /// complete.</summary>
    private void RunState(byte[] bytes) =>
        With(
            begun.Value,
            States,
            bytes,
            layout =>
            {
                _ = RunOwner.Read(layout.Root) is { IsAlive: true, IsTool: true };
                _ = JsonSerializer.Serialize(RunStatus.Of(layout, []));
            }
        );

    private static void With(string folder, string[] parts, byte[] bytes, Action<RunLayout> read)
    {
        string part = parts[(bytes.Length > 0 ? bytes[0] : 0) % parts.Length],
            path = Path.Combine(folder, part);
        byte[]? before = File.Exists(path) ? File.ReadAllBytes(path) : null;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes.Length > 0 ? bytes[1..] : []);
        try
        {
            read(new RunLayout(folder));
        }
        finally
        {
            File.Delete(path);
            if (before is not null)
            {
                File.WriteAllBytes(path, before);
            }
        }
    }

    // A run whose candidate is not complete.
    private static string Begun()
    {
        string folder = SyntheticRun.Write(task: 4, general: 4);
        File.Delete(Path.Combine(folder, "candidates", "tuned", "measure.manifest.json"));
        return folder;
    }

    private static void Inside(string path, string root)
    {
        if (!Path.GetFullPath(path).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path} leads out of {root}");
        }
    }

    /// <summary>Results, a zero byte, samples.</summary>
    private void HarnessLog(byte[] bytes)
    {
        int cut = Array.IndexOf(bytes, (byte)0);
        Written("harness/results_1.json", cut < 0 ? bytes : bytes[..cut]);
        Written("harness/samples_a_1.jsonl", cut < 0 ? [] : bytes[(cut + 1)..]);
        foreach (LoggedTask task in OtherLogs.Read(Path.Combine(folder, "harness")))
        {
            OtherLogs.CheckSame(task, task);
        }
    }

    private void Card(byte[] bytes)
    {
        string[] files = ["data/train-0.jsonl", "data/test-0.jsonl"];
        Array.ForEach(files, f => Written($"card/{f}", "{}"u8.ToArray()));
        string card = Written("card/README.md", bytes);
        foreach (CardConfiguration configuration in DatasetCard.Read(card))
        {
            _ = DatasetLayout.Of(configuration, files);
        }

        foreach (string file in DatasetFolder.Open(Path.Combine(folder, "card"), null).Split("test") ?? [])
        {
            Inside(file, Path.Combine(folder, "card"));
        }
    }

    /// <summary>A name a line: as a reference, as a path in a repository, as a pattern.</summary>
    private void HubNames(byte[] bytes)
    {
        foreach (string name in Encoding.UTF8.GetString(bytes).Split('\n').Take(20))
        {
            if (HubPath.IsSafe(name))
            {
                Inside(Path.Combine(folder, name), folder);
            }

            _ = Glob.Anywhere(name).IsMatch(new string('a', 300) + "/b.json");
            _ = HubReference.LooksLikeName(HubKind.Dataset, name);
            _ = HubReference.Parse(HubKind.Model, name);
        }
    }

    /// <summary>The list of models, a zero byte, the reply to every other request.</summary>
    private static void Endpoint(byte[] bytes)
    {
        int cut = Array.IndexOf(bytes, (byte)0);
        using Replies replies = new(cut < 0 ? bytes : bytes[..cut], cut < 0 ? [] : bytes[(cut + 1)..]);
        ServerConnection connection = new(
            ServerAddress.Parse("http://server.example:8000/v1"),
            "secret",
            replies,
            new NoWaiting()
        );
        ServerFacts facts = Identification.Of(connection, "served", default).GetAwaiter().GetResult();
        using EndpointModel model = new(
            new Server(connection, "served", facts, new ServedTokens(null)),
            concurrency: 1
        );
        List<double> values = [];
        model.Score(
            [
                new ScoreRequest(
                    [5, 6],
                    [
                        [7, 8],
                    ]
                ),
            ],
            (_, scores) => values.AddRange(scores.Select(s => s.LogLikelihood)),
            default
        );
        if (!values.TrueForAll(double.IsFinite))
        {
            throw new InvalidDataException("a log-likelihood is not finite");
        }
    }

    // Waits before a repetition end at once.
    private sealed class NoWaiting : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(
                callback,
                state,
                dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromMinutes(5) ? TimeSpan.Zero : dueTime,
                period
            );
    }

    private sealed class Replies(byte[] models, byte[] other) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) =>
            Task.FromResult(
                new HttpResponseMessage(HttpStatusCode.OK)
                {
                    Content = new ByteArrayContent(
                        request.RequestUri!.AbsolutePath.EndsWith("/models", StringComparison.Ordinal) ? models : other
                    ),
                }
            );
    }
}
