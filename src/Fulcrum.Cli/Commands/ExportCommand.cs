using System.CommandLine;
using Fulcrum.Data;
using Fulcrum.Llama.Export;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum export</c></summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        ModelOptions options = new();
        Option<string> to = new("--to") { Description = "The GGUF file to write.", Required = true };
        Option<GgufFileType> type = EnumOption.Of(
            "--type",
            "Numeric form of the file (default f16):",
            GgufFileType.F16
        );
        Option<bool> modelfile = new("--modelfile") { Description = "Also write Ollama's Modelfile next to the file." };
        Command verb = new(
            "export",
            "Write the model, with its adapter merged into the weights, as a GGUF file for llama.cpp and Ollama."
        )
        {
            to,
            type,
            modelfile,
        };
        options.AddTo(verb);
        verb.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(to);
            GgufFileType form = parsed.GetValue(type);
            Exports.WriteGguf(options.Model(parsed), form, file);
            if (parsed.GetValue(modelfile))
            {
                OllamaModelfile.Write(file, Notices.Warn);
            }

            if (!parsed.GetValue(CommonOptions.Quiet))
            {
                Console.Error.WriteLine($"exported: {Path.GetFullPath(file)}, {EnumNames.Of(form)}");
            }
        });
        return verb;
    }
}
