using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Fulcrum.Cli;
using Fulcrum.Cli.Commands;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The commands of the documents: all are parsed by the tool's own verbs, and those of a block below
/// <c>&lt;!-- run --&gt;</c> are run.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Documents =
    [
        Path.Combine(SharedData.Project, "README.md"),
        .. Directory.EnumerateFiles(Path.Combine(SharedData.Project, "docs"), "*.md"),
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
    public void Commands_that_are_cheap_run_as_they_are_written()
    {
        string folder = Directory.CreateTempSubdirectory("documents").FullName;
        Directory.CreateSymbolicLink(Path.Combine(folder, "assets"), Path.Combine(SharedData.Project, "assets"));
        string[] commands = [.. Documents.SelectMany(Runnable)];

        string[] failed = [.. commands.Select(c => Run(c, folder)).OfType<string>()];

        Assert.Empty(failed);
        Assert.True(commands.Length >= 5, $"only {commands.Length} commands are run");
        Directory.Delete(folder, recursive: true);
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

    private static IEnumerable<(string Place, string Command)> Commands(string document)
    {
        string text = File.ReadAllText(document);
        return Blocks(text)
            .SelectMany(b => Lines(b.Text))
            .Concat(Inline().Matches(text).Select(m => m.Groups[1].Value).Where(c => !c.StartsWith("VERB")))
            .Select(c => (Path.GetFileName(document), c));
    }

    // A sentence may name a verb without what it requires; its verb and its options must exist.
    private static bool IsComplaint(string? complaint) =>
        complaint is not null
        && !((string[])["is required", "Required argument", "no verb was given"]).Any(complaint.Contains);

    private static IEnumerable<string> Runnable(string document) =>
        Blocks(File.ReadAllText(document)).Where(b => b.IsRun).SelectMany(b => Lines(b.Text));

    private static IEnumerable<(string Text, bool IsRun)> Blocks(string text) =>
        Block().Matches(text).Select(m => (m.Groups[2].Value, m.Groups[1].Success));

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

    private static string? Run(string command, string folder)
    {
        string tool = Path.Combine(AppContext.BaseDirectory, "Fulcrum.Cli.dll");
        ProcessStartInfo start = new("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all = ["exec", tool, .. Arguments(command)];
        Array.ForEach(all, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardError.ReadToEndAsync();
        string printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && printed.Length > 0 ? null : $"{command}: {process.ExitCode} {said.Result}";
    }

    [GeneratedRegex(@"(<!-- run -->\n)?```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^(?:.*[|&] )?(?:\S*/)?fulcrum (.*)$")]
    private static partial Regex Start();

    [GeneratedRegex("""(?:"[^"]*"|'[^']*'|[^\s"'])+""")]
    private static partial Regex Word();

    [GeneratedRegex("`fulcrum ([^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex("""(?:\]\(|src(?:set)?=")([^)"\s]+)""")]
    private static partial Regex Link();
}
