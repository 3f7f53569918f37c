using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Templates;

namespace Fulcrum.Runs;

/// <summary>Runs an external trainer's command and takes the adapter or the model that it leaves.</summary>
/// <remarks>The command writes to a folder outside of the run. Only the files of the adapter or the model are copied
/// in.
/// </remarks>
internal static class ExternalTrainer
{
    /// <summary>The folder of a whole model, in the candidate's place.</summary>
    public const string ModelFolderName = "model";

    /// <summary>The name of the file with what the command printed.</summary>
    public const string LogName = "command.log";

    /// <summary>The name of the file that says how the command ended and how long it took.</summary>
    public const string RecordName = "command.json";

    private const int LongestLog = 1 << 24; // characters

    private static readonly string[] AdapterFiles = ["adapter_config.json", "adapter_model.safetensors"];

    /// <summary>Runs the command of a candidate.</summary>
    /// <returns>The files written, relative to the run.</returns>
    /// <exception cref="InputException">Commands are not allowed.</exception>
    /// <exception cref="FulcrumException">The command fails, or leaves neither adapter nor model.</exception>
    public static IReadOnlyList<string> Run(
        Study study,
        CandidatePlan plan,
        RunLayout run,
        string name,
        IReadOnlyList<TrainingText> training,
        bool allowed,
        CancellationToken cancellation
    )
    {
        string command = allowed ? plan.Command! : throw NotAllowed(name, plan.Command!);

        using ScratchFolder work = new("trainer");
        string dataFolder = Path.Combine(work.Path, "data"),
            output = Path.Combine(work.Path, "output");
        Directory.CreateDirectory(output);
        WriteData(dataFolder, training);
        string[] arguments =
        [
            .. Words(command).Select(w => Filled(w, dataFolder, output, study.Base.Model, study.Seed)),
        ];
        Execute(arguments, name, run, cancellation);
        string place = RunLayout.Candidate(name);
        return [$"{place}/{LogName}", $"{place}/{RecordName}", .. Take(output, run, name)];
    }

    /// <summary>Refuses a study with a command that would still have to run, before any work begins.</summary>
    /// <exception cref="InputException">There is such a command; shows it.</exception>
    public static void RefuseCommands(Study study, RunLayout run)
    {
        foreach ((string name, CandidatePlan plan) in study.Candidates)
        {
            if (plan.Command is { } command && run.Completed($"{RunLayout.Candidate(name)}/obtain") is null)
            {
                throw NotAllowed(name, command);
            }
        }
    }

    private static InputException NotAllowed(string name, string command) =>
        new(
            $"candidates.{name}.command runs a program: {Printable.Line(command)}. "
                + "Read it, then add --allow-command to run it"
        );

    private static string Filled(string word, string data, string output, string model, int seed) =>
        word.Replace("{data}", data, StringComparison.Ordinal)
            .Replace("{output}", output, StringComparison.Ordinal)
            .Replace("{base}", model, StringComparison.Ordinal)
            .Replace("{seed}", seed.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Writes the training data as conversations (<c>messages.jsonl</c>) and as prompt and completion
    /// (<c>completions.jsonl</c>).</summary>
    private static void WriteData(string folder, IReadOnlyList<TrainingText> training)
    {
        StringBuilder messages = new(),
            completions = new();
        foreach (TrainingText example in training)
        {
            if (example.Ids is { } ids)
            {
                string line = IdsOf(ids).ToJsonString() + "\n";
                messages.Append(line);
                completions.Append(line);
                continue;
            }

            Message answer = new("assistant", example.Completion);
            IReadOnlyList<Message> before = example.Prompt switch
            {
                Prompt.Chat chat => chat.Messages,
                Prompt.Text text => [new Message("user", text.Value)],
                _ => [],
            };
            JsonArray turns =
                example.Conversation?.DeepClone().AsArray()
                ?? [.. before.Append(answer).Select(m => (JsonNode)m.ToJson())];
            messages.Append(new JsonObject { ["messages"] = turns }.ToJsonString(JsonLines.Output)).Append('\n');
            JsonNode prompt = example.Prompt is Prompt.Text plain
                ? JsonValue.Create(plain.Value)
                : new JsonArray([.. before.Select(m => (JsonNode)m.ToJson())]);
            JsonObject row = new() { ["prompt"] = prompt, ["completion"] = example.Completion };
            completions.Append(row.ToJsonString(JsonLines.Output)).Append('\n');
        }

        AtomicFile.WriteText(Path.Combine(folder, "messages.jsonl"), messages.ToString());
        AtomicFile.WriteText(Path.Combine(folder, "completions.jsonl"), completions.ToString());
    }

    private static JsonObject IdsOf(TrainingIds ids) =>
        new()
        {
            ["prompt_ids"] = new JsonArray([.. ids.Prompt.Select(i => (JsonNode)i)]),
            ["completion_ids"] = new JsonArray([.. ids.Completion.Select(i => (JsonNode)i)]),
        };

    /// <summary>Splits a command at white space; quotation marks keep a word together.</summary>
    internal static IReadOnlyList<string> Words(string command)
    {
        List<string> words = [];
        StringBuilder word = new();
        char? openQuote = null;
        bool wasQuoted = false; // so an empty word counts too
        foreach (char c in command)
        {
            if (openQuote is null && c is '"' or '\'')
            {
                (openQuote, wasQuoted) = (c, true);
            }
            else if (c == openQuote)
            {
                openQuote = null;
            }
            else if (openQuote is null && char.IsWhiteSpace(c))
            {
                EndWord();
            }
            else
            {
                word.Append(c);
            }
        }

        EndWord();
        return words.Count > 0 ? words : throw new InputException("the command is empty");

        void EndWord()
        {
            if (word.Length > 0 || wasQuoted)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            wasQuoted = false;
        }
    }

    private static void Execute(string[] arguments, string name, RunLayout run, CancellationToken cancellation)
    {
        string log = run.At("candidates", name, LogName);
        StringBuilder printed = new();
        long start = Stopwatch.GetTimestamp();
        int exitCode = Execute(arguments, name, printed, cancellation);
        AtomicFile.WriteText(log, printed.ToString());
        JsonObject record = new()
        {
            ["exit_code"] = exitCode,
            ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        };
        AtomicFile.WriteText(run.At("candidates", name, RecordName), record.ToJsonString() + "\n");
        if (exitCode != 0)
        {
            throw new FulcrumException(
                $"candidates.{name}.command ended with exit code {exitCode}; its output is in {log}"
            );
        }
    }

    // Returns the exit code. Both streams of the program are collected up to a limit.
    private static int Execute(string[] arguments, string name, StringBuilder printed, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(arguments[0], arguments[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration stop = cancellation.Register(() =>
                process.Kill(entireProcessTree: true)
            );
            process.OutputDataReceived += (_, e) => Append(e.Data);
            process.ErrorDataReceived += (_, e) => Append(e.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InputException($"candidates.{name}.command: cannot start {arguments[0]}: {e.Message}", e);
        }

        void Append(string? line)
        {
            lock (printed)
            {
                if (line is not null && printed.Length < LongestLog)
                {
                    printed.Append(line).Append('\n');
                }
            }
        }
    }

    private static IEnumerable<string> Take(string output, RunLayout run, string name)
    {
        bool adapter = AdapterFiles.All(f => File.Exists(Path.Combine(output, f)));
        bool model = File.Exists(Path.Combine(output, "config.json"));
        if (!adapter && !model)
        {
            throw new FulcrumException(
                $"candidates.{name}.command left neither an adapter (adapter_config.json, "
                    + "adapter_model.safetensors) nor a model (config.json) in {output}; "
                    + $"its output is in {run.At("candidates", name, LogName)}"
            );
        }

        string folder = adapter ? "adapter" : ModelFolderName;
        string[] files = adapter
            ? AdapterFiles
            :
            [
                .. Directory
                    .EnumerateFiles(output)
                    .Select(f => Path.GetFileName(f))
                    .Where(f => Path.GetExtension(f) is ".json" or ".safetensors" or ".jinja" or ".txt" or ".model")
                    .Order(StringComparer.Ordinal),
            ];
        List<string> taken = [];
        foreach (string file in files)
        {
            string from = Path.Combine(output, file);
            AtomicFile.Copy(from, run.At("candidates", name, folder, file));
            taken.Add($"{RunLayout.Candidate(name)}/{folder}/{file}");
        }

        return taken;
    }
}
