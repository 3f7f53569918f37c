using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Spectre.Console;
using EnumNames = Fulcrum.Data.EnumNames;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum doctor</c></summary>
internal static class DoctorCommand
{
    private static readonly Dtype[] Dtypes = [Dtype.F32, Dtype.Bf16, Dtype.F16];

    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print JSON instead of a table." };
        Command verb = new(
            "doctor",
            "Print the hardware, the versions, the native library in use and the matrix-multiply rate."
        )
        {
            json,
        };
        verb.SetAction(parsed =>
        {
            JsonObject found = Examine();
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(
                    found.ToJsonString(
                        new System.Text.Json.JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }
                    )
                );
                return;
            }

            Print(found);
        });
        return verb;
    }

    private const string RepairedKey = "native_library_repaired";

    private static string Repaired(bool repaired) =>
        repaired
            ? "yes, in a copy. TorchSharp's library asks for a newer C++ library than this system has, for one symbol "
                + "that has an older equal. Results are the same, and nothing has to be done"
            : "no, none was needed";

    private static JsonObject Examine()
    {
        Libtorch.Load();
        JsonObject found = [];
        foreach ((string name, string value) in new TorchEngine().Environment)
        {
            found[name] = value;
        }

        using (SqlSandbox sandbox = SqlSandbox.Open(workers: 1))
        {
            (found["sqlite"], found["sql_worker"]) = (Sqlite.Version, sandbox.Confinement);
        }

        found["llama.cpp"] = LlamaCpp();
        found["memory_gb"] = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1);
        found["instruction_sets"] = new JsonArray([.. InstructionSets().Select(s => (JsonNode)s)]);
        found["device"] = TorchSharp.torch.cuda.is_available() ? "cuda" : "cpu";
        found["architecture"] = RuntimeInformation.ProcessArchitecture.ToString();
        found[RepairedKey] = Libtorch.Repaired;
        found["libtorch"] = Libtorch.Version ?? "bundled";
        found["libtorch_needed"] = Libtorch.NeededVersion;
        found["native_libraries"] = new JsonObject(
            Libtorch.Loaded.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))
        );
        found["matrix_multiply_gflops"] = new JsonObject(
            Dtypes.Select(d => KeyValuePair.Create(EnumNames.Of(d), (JsonNode?)Math.Round(MatmulRate.Gflops(d), 1)))
        );
        found["memory_read_gb_per_second"] = MemoryRate.GigabytesPerSecond() is { } rate ? Math.Round(rate, 1) : null;
        return found;
    }

    // Version, backends and instruction sets, or why it cannot be used.
    private static string LlamaCpp()
    {
        try
        {
            return ModelEngines.Llama.Description;
        }
        catch (FulcrumException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<string> InstructionSets()
    {
        (string Name, bool There)[] sets =
        [
            ("avx2", Avx2.IsSupported),
            ("fma", Fma.IsSupported),
            ("avx512f", Avx512F.IsSupported),
        ];
        string flags = Hardware.Processor("flags") ?? "";
        return sets.Where(s => s.There)
            .Select(s => s.Name)
            .Concat(((string[])["avx512_bf16", "amx_bf16", "amx_int8"]).Where(f => flags.Split(' ').Contains(f)));
    }

    private static void Print(JsonObject found)
    {
        Table table = new() { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumns("", "");
        foreach ((string name, JsonNode? value) in found)
        {
            string text = value switch
            {
                JsonObject o => string.Join('\n', o.Select(p => $"{p.Key}: {p.Value}")),
                JsonArray a => string.Join(", ", a.Select(i => i!.ToString())),
                _ when name == RepairedKey => Repaired((bool)value!),
                _ => value?.ToString() ?? "",
            };
            table.AddRow(Shown.AsMarkup(name.Replace('_', ' ')), Shown.AsMarkup(text));
        }

        AnsiConsole.Write(table);
    }
}
