# Fulcrum on the CPU: docker build -t fulcrum . && docker run -v "$PWD:/work" fulcrum run
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
COPY . /source
RUN /source/eng/container build /source /opt/fulcrum -c Release -r linux-x64

# The local page of `fulcrum view` needs the shared framework of ASP.NET Core.
FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /opt/fulcrum /opt/fulcrum
COPY eng/container /tmp/container
RUN /tmp/container install /opt/fulcrum /usr/local/bin && rm /tmp/container
USER app
WORKDIR /work
ENTRYPOINT ["fulcrum"]
