using System.CommandLine;
using System.Text.RegularExpressions;
using Fulcrum.Cli;
using Fulcrum.Cli.Commands;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The commands of the documents: all are parsed by the tool's own verbs. Those of a block below
/// <c>&lt;!-- run --&gt;</c> are run, others name the classes of tests that cover them.</summary>
[Collection(nameof(Alone))] // commands are run in a folder that becomes the working directory
public sealed partial class DocumentTests
{
    // In the order of their names, because results.md uses the run that own-task.md makes.
    private static readonly string[] Documents =
    [
        Path.Combine(SharedData.Project, "README.md"),
        .. Directory.EnumerateFiles(Path.Combine(SharedData.Project, "docs"), "*.md").Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_command_of_the_documents_is_understood()
    {
        RootCommand root = [CommonOptions.Quiet, CommonOptions.Verbose, CommonOptions.Yes];
        Verbs.All().ToList().ForEach(root.Add);
        (string Place, string Command)[] commands = [.. Documents.SelectMany(Commands)];

        string[] wrong =
        [
            .. commands
                .Select(c => (c.Place, c.Command, Complaint: Usage.Complaint(root.Parse(Arguments(c.Command)))))
                .Where(c => IsComplaint(c.Complaint))
                .Select(c => $"{c.Place}: {c.Command}: {c.Complaint}"),
        ];

        Assert.Empty(wrong);
        Assert.True(commands.Length > 50, $"only {commands.Length} commands were found");
    }

    [Fact]
    public void Commands_of_marked_blocks_run_as_they_are_written()
    {
        string folder = Directory.CreateTempSubdirectory("documents").FullName;
        Prepare(folder);

        string[] failed = [.. Documents.SelectMany(d => Perform(d, folder))];

        Assert.Empty(failed);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_block_of_commands_is_run_or_names_the_tests_that_cover_it()
    {
        HashSet<string> tests =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(SharedData.Project, "tests"), "*Tests.cs", SearchOption.AllDirectories)
                .Select(p => Path.GetFileNameWithoutExtension(p)),
        ];

        string[] wrong =
        [
            .. from document in Documents
            from block in Blocks(document)
            where block.Language == "sh" && !block.IsRun && (block.Tests is [] || !block.Tests.All(tests.Contains))
            select $"{Path.GetFileName(document)}: {block.Text}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void No_command_is_outside_of_a_block_for_the_shell()
    {
        string[] wrong =
        [
            .. from document in Documents
            let text = BlockPattern().Replace(File.ReadAllText(document), m => m.Groups[2].Value == "sh" ? "" : m.Value)
            from line in text.Split('\n')
            where line.TrimStart().StartsWith("fulcrum ", StringComparison.Ordinal) && !line.StartsWith("  `")
            select $"{Path.GetFileName(document)}: {line}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_verb_has_a_line_in_the_list_of_commands()
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Project, "docs", "commands.md"));

        string[] missing =
        [
            .. Verbs
                .All()
                .Where(v => !v.Hidden)
                .Select(v => v.Name)
                .Where(n => !Regex.IsMatch(text, $"`(fulcrum )?{n}[` ]")),
        ];

        Assert.Empty(missing);
    }

    [Fact]
    public void Studies_and_parts_of_studies_in_the_documents_are_read()
    {
        int read = 0;
        foreach (string document in Documents)
        {
            foreach (Block block in Blocks(document).Where(b => b.Language == "json" && Study().IsMatch(b.Text)))
            {
                string study = block.Text.TrimStart().StartsWith('{') ? block.Text : $"{{{Rest}, {block.Text}}}";
                StudyFile.Parse(study, Path.GetFileName(document)).Check();
                read++;
            }
        }

        Assert.True(read >= 4, $"only {read} studies were read");
    }

    [Fact]
    public void Links_between_the_documents_lead_to_files()
    {
        string[] broken =
        [
            .. from document in Documents
            from Match link in Link().Matches(File.ReadAllText(document))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && target != "keys.md"
            let path = Path.Combine(Path.GetDirectoryName(document)!, target)
            where !Path.Exists(path)
            select $"{Path.GetFileName(document)}: {target}",
        ];

        Assert.Empty(broken);
    }

    /// <summary>A block of a document, with what the comment above it says.</summary>
    private sealed record Block(string Language, string Text, bool IsRun, string? File, string[] Tests);

    // What a study of the documents leaves out where only the keys in question are shown.
    private const string Rest = """
        "base": "assets/model", "trainingData": { "data": "assets/spider" },
        "tasks": {
          "spider": { "kind": "spider", "data": "assets/spider" },
          "mmlu": { "kind": "mmlu", "data": "assets/mmlu" }
        }
        """;

    /// <summary>Writes what the commands of the documents expect beside the checkout: a finished run of the built-in
    /// study, two answer files, and a study of one's own.</summary>
    private static void Prepare(string folder)
    {
        foreach (string name in (string[])["assets", "studies"])
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(SharedData.Project, name));
        }

        Directory.CreateDirectory(Path.Combine(folder, "runs"));
        string run = Path.Combine(folder, "runs", "embedded");
        Directory.Move(SyntheticRun.Write(), run);
        File.Copy(Path.Combine(run, "base", "mmlu.jsonl"), Path.Combine(folder, "before.jsonl"));
        File.Copy(Path.Combine(run, "candidates", "tuned", "mmlu.jsonl"), Path.Combine(folder, "after.jsonl"));
        File.Move(TinyStudy.Write(folder, itemsPerSubject: 20), Path.Combine(folder, "my-study.json"));
    }

    private static IEnumerable<string> Perform(string document, string folder)
    {
        foreach (Block block in Blocks(document))
        {
            if (block.File is not null)
            {
                File.WriteAllText(Path.Combine(folder, block.File), block.Text);
            }

            IEnumerable<string> commands = block.IsRun ? Lines(block.Text) : [];
            foreach (string failed in commands.Select(c => Run(c, folder)).OfType<string>())
            {
                yield return $"{Path.GetFileName(document)}: {failed}";
            }
        }
    }

    private static IEnumerable<(string Place, string Command)> Commands(string document) =>
        Blocks(document)
            .Where(b => b.Language is "sh" or "yaml")
            .SelectMany(b => Lines(b.Text))
            .Concat(
                Inline()
                    .Matches(File.ReadAllText(document))
                    .Select(m => m.Groups[1].Value)
                    .Where(c => !c.StartsWith("VERB", StringComparison.Ordinal))
            )
            .Select(c => (Path.GetFileName(document), c));

    // A sentence may name a verb without what it requires; its verb and its options must exist.
    private static bool IsComplaint(string? complaint) =>
        complaint is not null
        && !((string[])["is required", "Required argument", "no verb was given"]).Any(complaint.Contains);

    private static IEnumerable<Block> Blocks(string document) =>
        BlockPattern()
            .Matches(File.ReadAllText(document))
            .Select(m => (Comment: Comment().Match(m.Groups[1].Value), Language: m.Groups[2].Value, m.Groups[3].Value))
            .Select(b => new Block(
                b.Language,
                b.Value,
                b.Comment.Groups[1].Value == "run",
                b.Comment.Groups[1].Value == "file" ? b.Comment.Groups[2].Value : null,
                b.Comment.Groups[1].Value == "tested" ? b.Comment.Groups[2].Value.Split(", ") : []
            ));

    private static IEnumerable<string> Lines(string block) =>
        block
            .Replace("\\\n", " ", StringComparison.Ordinal)
            .Split('\n')
            .Select(l => Start().Match(l))
            .Where(m => m.Success)
            .Select(m => m.Groups[1].Value);

    /// <summary>Returns the arguments as a shell would pass them, up to a comment, a pipe or a redirection.</summary>
    private static string[] Arguments(string command) =>
        [
            .. Word()
                .Matches(command)
                .Select(m => m.Value)
                .TakeWhile(w => w is not ("#" or "|" or ">" or "&&" or ";"))
                .Select(w => w.Replace("\"", "", StringComparison.Ordinal).Trim('\'')),
        ];

    // In this process, whose compiled code serves all of them, except for what writes a stream to standard output.
    // FaultTests, MemoryTests and the tests of the cluster start the program as well.
    private static string? Run(string command, string folder)
    {
        string[] arguments = Arguments(command);
        (int code, string output, string error) = arguments.Contains("-")
            ? SampleProgram.RunIn(folder, "Fulcrum.Cli", arguments)
            : RunHere(arguments, folder);
        bool ended = code == 0 || (code == 3 && command.Contains("--require") && IsUnmetRequirement(error));
        return ended && (output + error).Length > 0 ? null : $"{command}: {code} {error}";
    }

    // A requirement that is not shown ends with exit code 3, and so does a guard that failed. The study of the test
    // learns nothing, so its requirements are not shown.
    private static bool IsUnmetRequirement(string error) =>
        error.Contains("required ") && error.Contains(", but the difference") && !error.Contains("To run anyway");

    private static (int Code, string Output, string Error) RunHere(string[] arguments, string folder)
    {
        string before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = folder;
            return Tool.Run(arguments);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [GeneratedRegex(@"(<!-- [^\n]* -->\n)?```([a-z]*)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex("<!-- (run|file|tested)(?:: (.*?))? -->")]
    private static partial Regex Comment();

    [GeneratedRegex("\"(?:candidates|vary)\"")]
    private static partial Regex Study();

    // In the workflow of a pipeline a command is the value of the key "run".
    [GeneratedRegex(@"^(?:.*[|&] |\s*- run: )?(?:\S*/)?fulcrum (.*)$")]
    private static partial Regex Start();

    [GeneratedRegex("""(?:"[^"]*"|'[^']*'|[^\s"'])+""")]
    private static partial Regex Word();

    [GeneratedRegex("`fulcrum ([^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex("""(?:\]\(|src(?:set)?=")([^)"\s]+)""")]
    private static partial Regex Link();
}
