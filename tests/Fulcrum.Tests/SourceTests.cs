using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Rules for the text of <c>src</c> that no compiler holds.</summary>
public sealed partial class SourceTests
{
    private const int LongestFile = 300;

    // Folders and files whose names belong to somebody else's format, and whose.
    private static readonly Dictionary<string, string> OtherFormats = new()
    {
        ["Fulcrum.Text/"] = "Jinja, tokenizer.json and regular expressions",
        ["Fulcrum/Tasks/Harness/"] = "lm-evaluation-harness",
        ["Fulcrum/Tasks/Logs/"] = "lm-evaluation-harness and inspect_ai",
        ["Fulcrum/Tasks/Grading/"] = "IFEval's instructions",
        ["Fulcrum/Models/Endpoint/"] = "the servers' JSON",
        ["Fulcrum.Llama/Export/"] = "GGUF",
        ["Fulcrum.Llama/Tracing/"] = "GGUF",
        ["Fulcrum.Torch/Adapters/"] = "PEFT",
        ["Fulcrum.Torch/Models/RotaryConfig.cs"] = "config.json",
        ["Fulcrum.Report/Plots/"] = "CSS classes",
        ["Fulcrum.Report/Content/FurtherMeasures.cs"] = "names of measures in answer files",
        ["Fulcrum.Cli/Output/"] = "names of verbs and columns",
        ["Fulcrum.Cli/Commands/StudyRun.cs"] = "'all' is every guard",
    };

    // Single literals that equal a name of a closed set in another meaning, and in which.
    private static readonly Dictionary<(string File, string Name), string> OtherMeanings = new()
    {
        [("LlamaEngine.cs", "auto")] = "a device, which is a name such as cuda:1",
        [("TorchEngine.cs", "auto")] = "a device",
        [("ComputeForm.cs", "auto")] = "a device",
        [("RunState.cs", "auto")] = "a device",
        [("StudyComparison.cs", "serving")] = "a field of the protocol",
        [("TaskReference.cs", "spider")] = "a kind of task, which programs may add to",
        [("SqlGrader.cs", "official")] = "the worker's wire format carries names",
        [("SqlGrader.cs", "notebook")] = "the worker's wire format carries names",
        [("SqlGrader.cs", "bird")] = "the worker's wire format carries names",
        [("Protocol.cs", "template")] = "a field of the protocol",
        [("TrainingFormat.cs", "index")] = "a column's name",
    };

    [Fact]
    public void No_file_is_longer_than_300_lines()
    {
        string[] longer = [.. Sources().Where(s => s.Text.Count(c => c == '\n') > LongestFile).Select(s => s.Name)];

        Assert.Empty(longer);
    }

    [Fact]
    public void No_line_is_longer_than_120_columns()
    {
        string[] longer =
        [
            .. from source in Sources()
            from line in source.Text.Split('\n')
            where line.Length > 120
            select $"{source.Name}: {line.Trim()}",
        ];

        Assert.Empty(longer);
    }

    [Fact]
    public void No_code_compares_with_the_name_of_a_member_of_a_closed_set()
    {
        (string Path, string Name, string Text)[] sources = [.. Sources()];
        HashSet<string> names =
        [
            .. sources.SelectMany(s => MemberName().Matches(s.Text)).Select(m => m.Groups[1].Value),
        ];
        string[] outside =
        [
            .. from source in sources
            where !OtherFormats.Keys.Any(f => source.Path.StartsWith(f, StringComparison.Ordinal))
            from line in source.Text.Split('\n')
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
            from match in Compared().Matches(line)
            let name = match.Groups["name"].Value
            where names.Contains(name) && !OtherMeanings.ContainsKey((source.Name, name))
            select $"{source.Path}: {line.Trim()}",
        ];

        Assert.Empty(outside);
    }

    [Fact]
    public void No_literal_with_a_hyphen_equals_the_name_of_a_member_of_a_closed_set()
    {
        (string Path, string Name, string Text)[] sources = [.. Sources()];
        string[] names =
        [
            .. sources
                .SelectMany(s => MemberName().Matches(s.Text))
                .Select(m => m.Groups[1].Value)
                .Where(n => n.Contains('-'))
                .Distinct(),
        ];
        string[] outside =
        [
            .. from source in sources
            let text = MemberName().Replace(source.Text, "")
            from name in names
            where text.Contains($"\"{name}\"", StringComparison.Ordinal)
            select $"{source.Path}: {name}",
        ];

        Assert.Empty(outside);
    }

    private static IEnumerable<(string Path, string Name, string Text)> Sources()
    {
        string root = Path.Combine(SharedData.Project, "src");
        return Directory
            .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(f => (Path.GetRelativePath(root, f), Path.GetFileName(f), File.ReadAllText(f)));
    }

    [Fact]
    public void Every_test_that_the_security_page_names_exists()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.Project, "SECURITY.md"));
        HashSet<string> classes =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(SharedData.Project, "tests"), "*Tests.cs", SearchOption.AllDirectories)
                .Select(f => Path.GetFileNameWithoutExtension(f)!),
        ];
        string[] named = [.. NamedTest().Matches(page).Select(m => m.Groups[1].Value).Distinct()];

        Assert.True(named.Length > 20);
        Assert.Empty(named.Except(classes));
    }

    [GeneratedRegex("`([A-Z]\\w*Tests)`")]
    private static partial Regex NamedTest();

    // == "name", is "name", or "name", case "name", and "name" as the pattern of a switch arm.
    [GeneratedRegex(@"(?:==|!=|\bis(?: not)?|\bor|\bcase)\s*\(?""(?<name>[\w-]+)""|""(?<name>[\w-]+)""\s*(?:=>|or\b)")]
    private static partial Regex Compared();

    [GeneratedRegex(@"JsonStringEnumMemberName\(""([^""]+)""\)")]
    private static partial Regex MemberName();
}
