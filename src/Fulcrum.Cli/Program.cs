using System.CommandLine;
using Fulcrum;
using Fulcrum.Cli;
using Fulcrum.Cli.Commands;
using Fulcrum.Tasks.Spider.Sql;

if (args is [Fulcrum.Llama.Worker.LlamaWorker.Verb])
{
    return Fulcrum.Llama.Worker.LlamaWorker.Serve();
}

if (args is [SqlWorker.Verb])
{
    return SqlWorker.Serve();
}

// Numbers are written the same everywhere; ICU stays in use for Unicode normalisation.
System.Globalization.CultureInfo.DefaultThreadCurrentCulture = System.Globalization.CultureInfo.CurrentCulture = System
    .Globalization
    .CultureInfo
    .InvariantCulture;

// Patterns that come with data, such as those of a JSON Schema, cannot hold a command up.
AppDomain.CurrentDomain.SetData("REGEX_DEFAULT_MATCH_TIMEOUT", TimeSpan.FromSeconds(10));

// The default code page of Windows has no lines and arrows for tables.
if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = System.Text.Encoding.UTF8;
}

PrintableWriter.Install();
RootCommand root = new(
    "Fulcrum measures what a small language model gains when it is specialised for a task, "
        + "and what it loses everywhere else."
)
{
    CommonOptions.Quiet,
    CommonOptions.Verbose,
    CommonOptions.Yes,
};
foreach (Command verb in Verbs.For(args))
{
    root.Add(verb);
}

TeachingHelp.Into(root);
ParseResult parsed = root.Parse(args);
if (Usage.Complaint(parsed) is { } complaint)
{
    string verb = Examples.NameOf(parsed.CommandResult.Command);
    await Console.Error.WriteLineAsync(
        $"fulcrum: {Printable.Message(complaint)} (see fulcrum {verb}{(verb == "" ? "" : " ")}--help)"
    );
    return 2;
}

try
{
    return await parsed.InvokeAsync(
        new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromMinutes(10),
        }
    );
}
catch (Exception e) when (IsInterruption(e))
{
    await Console.Error.WriteLineAsync(
        "fulcrum: interrupted"
            + (parsed.CommandResult.Command.Name is "run" or "check" or "train" ? "; repeat the command to resume" : "")
    );
    return 130;
}
catch (Exception e) when (Failure(e) is not null)
{
    FulcrumException failure = Failure(e)!;
    await Console.Error.WriteLineAsync(
        $"fulcrum: {(parsed.GetValue(CommonOptions.Verbose) ? Printable.Lines(failure.ToString()) : failure.Message)}"
    );
    return failure.ExitCode;
}
catch (Exception e)
{
    // The edge of the process: an exception that arrives here is a defect of Fulcrum, so the message says how to see
    // more. An exception that left the process would change the exit code.
    await Console.Error.WriteLineAsync(
        parsed.GetValue(CommonOptions.Verbose)
            ? $"fulcrum: unexpected failure: {Printable.Lines(e.ToString())}"
            : $"fulcrum: unexpected failure: {e.GetType().Name}: {Printable.Message(e.Message)} (--verbose shows where)"
    );
    return 1;
}

// Work done in parallel wraps what ended it.
static bool IsInterruption(Exception e) =>
    e is OperationCanceledException
    || (e is AggregateException all && all.Flatten().InnerExceptions.All(i => i is OperationCanceledException));

static FulcrumException? Failure(Exception e) =>
    e as FulcrumException
    ?? (e as AggregateException)?.Flatten().InnerExceptions.OfType<FulcrumException>().FirstOrDefault();
