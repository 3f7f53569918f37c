using Fulcrum.Data.Hub;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Shows on standard error what is fetched and how far it is: bars on a terminal, a line now and then
/// elsewhere.</summary>
internal sealed class TransferDisplay(bool quiet)
{
    private const int MostBars = 12;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>Lists the files and follows the transfer until it ends.</summary>
    public Task Show(HubTransfer transfer)
    {
        if (quiet)
        {
            return Task.CompletedTask;
        }

        string files = transfer.Files.Count == 1 ? transfer.Files[0].Path : $"{transfer.Files.Count} files";
        Console.Error.WriteLine(
            $"fulcrum: {transfer.Reference.Id} at {transfer.Commit[..12]}: fetching {files}, "
                + ByteCount.Text(transfer.Bytes)
        );
        bool bars =
            !Console.IsErrorRedirected
            && Environment.GetEnvironmentVariable("HF_HUB_DISABLE_PROGRESS_BARS") is null or "";
        return bars ? Task.Run(() => Bars(transfer)) : Lines(transfer);
    }

    /// <summary>How far a transfer is, in one line.</summary>
    public static string Line(HubTransfer transfer)
    {
        string left = transfer.Remaining is { } time ? $", {Durations.Text(time)} left" : "";
        string done = $"{ByteCount.Text(transfer.Done)} of {ByteCount.Text(transfer.Bytes)}";
        return $"{done}, {ByteCount.Text(transfer.Rate)}/s{left}";
    }

    private static async Task Lines(HubTransfer transfer)
    {
        while (await Task.WhenAny(transfer.Ended, Task.Delay(Pause)) != transfer.Ended)
        {
            await Console.Error.WriteLineAsync($"fulcrum: {transfer.Reference.Id}: {Line(transfer)}");
        }
    }

    private static void Bars(HubTransfer transfer)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
        );
        console
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn { Base = FileSizeBase.Decimal },
                new TransferSpeedColumn { Base = FileSizeBase.Decimal },
                new RemainingTimeColumn()
            )
            .Start(context => Follow(transfer, context));
    }

    private static void Follow(HubTransfer transfer, ProgressContext context)
    {
        ProgressTask total = context.AddTask("total", maxValue: Math.Max(1, transfer.Bytes));
        (TransferredFile File, ProgressTask Bar)[] bars =
        [
            .. transfer
                .Files.OrderByDescending(f => f.Bytes)
                .Take(MostBars)
                .Select(f => (f, context.AddTask(Shown.AsMarkup(f.Path), maxValue: Math.Max(1, f.Bytes)))),
        ];
        do
        {
            total.Value = transfer.Done;
            foreach ((TransferredFile file, ProgressTask bar) in bars)
            {
                bar.Value = file.Done;
            }
        } while (!transfer.Ended.Wait(TimeSpan.FromMilliseconds(100)));
    }
}
